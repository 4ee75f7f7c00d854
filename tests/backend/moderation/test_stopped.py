"""While a category is stopped, what comes near it waits for a person, and at the threshold is near."""

from __future__ import annotations

import pytest

from backend.images.schemas import Moderation
from backend.moderation.stopped import verdict_on
from backend.policies.builtin import BUILTIN
from backend.stops.models import EmergencyStop
from backend.stops.schemas import Scope
from backend.stops.service import Stops
from tests.fixtures.judged import scores

STOPPED = Stops.of([EmergencyStop(scope=Scope.CATEGORY, name="restricted", reason="now")])


@pytest.mark.parametrize(
    ("score", "moderation"),
    [
        (0.01, Moderation.REJECTED),
        (0.0, Moderation.HELD),
        (-0.04, Moderation.HELD),
        (-0.06, Moderation.RELEASED),
        (None, Moderation.HELD),
    ],
)
def test_what_shows_it_is_rejected_and_what_comes_near_is_held(
    score: float | None, moderation: Moderation
) -> None:
    assert verdict_on(scores(motif=score), BUILTIN, STOPPED).moderation is moderation

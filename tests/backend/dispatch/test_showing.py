"""What leaves the dispatcher of a preview: through the hub, the streams and to other processes, it is only that."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from backend.dispatch.showing import Rules, Showing
from backend.generations import events
from backend.policies.builtin import BUILTIN
from backend.policies.schemas import PreviewRule, Severity
from backend.stops.models import EmergencyStop
from backend.stops.schemas import Scope
from backend.stops.service import Stops
from inference.protocol import (
    GenerationParameters,
    MeasuredPreview,
    Preview,
    PreviewsWanted,
    SafetyScores,
)
from tests.fixtures.scripted import CONCEPT, scores_of
from tests.fixtures.workshop import Workshop

pytestmark = pytest.mark.anyio
PARAMETERS = GenerationParameters(prompt="a dress")
SAFE, SEEN = scores_of("a dress"), scores_of("a dress with motif")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def picture() -> str:
    """Return stripes of one pixel, which no blur leaves."""
    striped: Any = np.zeros((48, 64, 3), np.uint8)
    striped[:, ::2] = (255, 40, 40)
    out = BytesIO()
    Image.fromarray(striped).save(out, "WEBP", lossless=True)
    return b64encode(out.getvalue()).decode()


def preview(scores: SafetyScores | None, step: int = 1, index: int = 0) -> MeasuredPreview:
    return MeasuredPreview(
        index=index, step=step, width=64, height=48, webp_base64=picture(), scores=scores
    )


def rules(rule: PreviewRule = PreviewRule.CHECKED, *, stopped: str = "", **changed: Any) -> Rules:
    document = BUILTIN.model_copy(update={"previews": rule, **changed})
    stops = [EmergencyStop(scope=Scope.CATEGORY, name=stopped, reason="now")] if stopped else []
    return Rules(document, Stops.of(stops))


def pixels(seen: Preview) -> Any:
    with Image.open(BytesIO(b64decode(seen.webp_base64))) as shown:
        return np.array(shown.convert("RGB")).astype(int)


def detail(seen: Preview) -> float:
    """Return how far pixels beside each other differ, at the most."""
    return float(np.abs(np.diff(pixels(seen), axis=1)).max())


class TestChecked:
    def test_hands_on_what_the_checker_saw_nothing_in_without_its_scores(
        self, workshop: Workshop
    ) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        seen, outcome = showing.judged(preview(SAFE), rules())
        assert (type(seen), outcome) == (Preview, "shown")
        assert seen
        assert "scores" not in seen.model_dump()

    def test_veils_what_it_saw_something_in_once_and_then_shows_nothing_of_that_image(
        self, workshop: Workshop
    ) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        veiled, outcome = showing.judged(preview(SEEN), rules())
        assert outcome == "veiled"
        assert veiled
        assert detail(veiled) < 40 < detail(preview(SEEN))
        assert showing.judged(preview(SAFE, step=2), rules()) == (None, "closed")
        assert showing.judged(preview(SAFE, step=2, index=1), rules())[1] == "shown"

    def test_one_colour_is_left_of_what_is_severe(self, workshop: Workshop) -> None:
        severe = [
            one.model_copy(update={"severity": Severity.SEVERE}) for one in BUILTIN.categories
        ]
        showing = Showing(workshop.context, PARAMETERS)
        veiled, _ = showing.judged(preview(SEEN), rules(categories=tuple(severe)))
        assert veiled
        assert detail(veiled) <= 2

    @pytest.mark.parametrize("scores", [None, scores_of("not finite")])
    def test_does_not_hand_on_what_nobody_measured(
        self, workshop: Workshop, scores: SafetyScores | None
    ) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        assert showing.judged(preview(scores), rules()) == (None, "unmeasured")
        assert showing.judged(preview(scores).picture(), rules()) == (None, "unmeasured")
        assert showing.judged(preview(SAFE, step=2), rules())[1] == "shown"

    def test_shows_nothing_more_of_a_finished_image(self, workshop: Workshop) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        showing.close(0)
        assert showing.judged(preview(SAFE), rules()) == (None, "closed")

    def test_is_stricter_about_a_category_that_is_stopped(self, workshop: Workshop) -> None:
        near = preview(SafetyScores(checker="c", weights_sha256="0", concepts={CONCEPT: -0.01}))
        assert Showing(workshop.context, PARAMETERS).judged(near, rules())[1] == "shown"
        stopped = rules(stopped="restricted")
        assert Showing(workshop.context, PARAMETERS).judged(near, stopped)[1] == "veiled"


class TestOtherRules:
    def test_blurred_hands_on_colours_of_anything(self, workshop: Workshop) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        for scores in (SAFE, SEEN, None):
            seen, outcome = showing.judged(preview(scores), rules(PreviewRule.BLURRED))
            assert outcome == "blurred"
            assert seen
            assert detail(seen) < 40
            assert pixels(seen).mean(axis=(0, 1)) == pytest.approx((128, 20, 20), abs=12)

    def test_off_hands_on_nothing(self, workshop: Workshop) -> None:
        showing = Showing(workshop.context, PARAMETERS)
        assert showing.judged(preview(SAFE), rules(PreviewRule.OFF)) == (None, "closed")

    async def test_measured_ones_are_asked_for_as_usual(self, workshop: Workshop) -> None:
        assert await Showing(workshop.context, PARAMETERS).wanted() is PreviewsWanted.MEASURED


async def heard_while_drawing(workshop: Workshop, prompt: str) -> list[Any]:
    """Return the previews that the owner's channel heard of, and what the hub remembered meanwhile."""
    found: list[Any] = []
    channel = events.person_channel(workshop.actor.id)
    async with workshop.context.notifier.subscribe(channel) as ear:
        row = workshop.submit(prompt=prompt, num_images=2)
        async with workshop.dispatching():
            ended = asyncio.create_task(workshop.ended(row))
            while not ended.done():
                if heard := await ear.get(within=0.05):
                    message = heard[1]
                    found += [one for one in message.get("news", []) if one["event"] == "preview"]
                    seen = workshop.context.hub.latest(row.id)
                    found += [p.model_dump() for p in seen.previews.values()] if seen else []
    return found


@pytest.mark.parametrize(
    ("prompt", "is_shown"), [("a dress", True), ("not finite", False), ("unchecked", False)]
)
async def test_previews_on_their_way(workshop: Workshop, prompt: str, is_shown: bool) -> None:
    assert bool(await heard_while_drawing(workshop, prompt)) is is_shown


async def test_of_what_is_held_only_colours_leave(workshop: Workshop) -> None:
    found = await heard_while_drawing(workshop, "a dress with motif")
    data = [one.get("data", one) for one in found]
    assert data
    for one in data:
        assert one.get("scores") is None
        fields = {name: one[name] for name in Preview.model_fields if name in one}
        assert detail(Preview(**fields)) <= 40


async def test_shows_nothing_of_what_waits_for_a_person_for_its_words(workshop: Workshop) -> None:
    asked = GenerationParameters(prompt="an erotic dress")
    showing = Showing(workshop.context, asked)
    assert showing.judged(preview(SAFE), rules()) == (None, "closed")
    assert await showing.wanted() is PreviewsWanted.NONE

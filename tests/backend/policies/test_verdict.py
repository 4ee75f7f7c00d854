from __future__ import annotations

import math

import pytest

from backend.images.schemas import Moderation
from backend.policies.builtin import BUILTIN
from backend.policies.verdict import NOT_CHECKED, verdict_on
from inference.protocol import SafetyScores


def scores(
    concepts: dict[str, float | None], special: dict[str, float | None] | None = None
) -> SafetyScores:
    # model_construct: what a careless checker hands over is exactly what must not slip through.
    return SafetyScores.model_construct(
        checker="c", weights_sha256="0" * 64, concepts=concepts, special_care=special or {}
    )


class TestReleases:
    @pytest.mark.parametrize("score", [-1.0, -0.0001, 0.0])
    def test_what_shows_no_concept(self, score: float) -> None:
        verdict = verdict_on(scores({"motif": score, "other": -0.5}), BUILTIN)
        assert verdict.moderation is Moderation.RELEASED
        assert verdict.reason is None


class TestHolds:
    @pytest.mark.parametrize("score", [0.0001, 0.3, 2.0])
    def test_what_shows_a_concept_and_names_it(self, score: float) -> None:
        verdict = verdict_on(scores({"motif": score, "other": -0.5}), BUILTIN)
        assert verdict.moderation is Moderation.HELD
        assert "“motif”" in str(verdict.reason)
        assert "other" not in str(verdict.reason)

    def test_what_shows_a_special_concept(self) -> None:
        verdict = verdict_on(scores({"motif": -0.1}, {"special": 0.1}), BUILTIN)
        assert verdict.moderation is Moderation.HELD
        assert "“special”" in str(verdict.reason)

    @pytest.mark.parametrize(
        "unmeasured",
        [
            None,
            scores({}),
            scores({}, {"special": -0.2}),
            scores({"motif": None, "other": -0.5}),
            scores({"motif": -0.2}, {"special": None}),
            scores({"motif": math.nan}),
            scores({"motif": math.inf}),
            scores({"motif": -math.inf, "other": -0.5}),
        ],
        ids=str,
    )
    def test_what_was_not_fully_measured(self, unmeasured: SafetyScores | None) -> None:
        verdict = verdict_on(unmeasured, BUILTIN)
        assert verdict.moderation is Moderation.HELD
        assert verdict.reason == NOT_CHECKED

    def test_names_what_was_seen_even_if_the_rest_was_not_measured(self) -> None:
        verdict = verdict_on(scores({"motif": 0.1, "other": None}), BUILTIN)
        assert "“motif”" in str(verdict.reason)

    def test_reads_scores_that_crossed_the_wire(self) -> None:
        sent = scores({"motif": math.nan}).model_dump_json()
        assert verdict_on(SafetyScores.model_validate_json(sent), BUILTIN).reason == NOT_CHECKED

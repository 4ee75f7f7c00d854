"""The arithmetic, against figures worked out by hand."""

from __future__ import annotations

import math
import random

import pytest

from backend.moderation.evaluation import figures
from backend.moderation.evaluation.figures import Judged
from backend.policies.builtin import BUILTIN
from backend.policies.schemas import PolicyDocument
from inference.protocol import SafetyScores


def judged(margin: float, *, restricted: bool, group: str = "all") -> Judged:
    return Judged("a.png", restricted, group, margin > 0, margin, math.isfinite(margin))


def scores(score: float | None, **more: object) -> SafetyScores:
    return SafetyScores(
        checker="one", weights_sha256="ab" * 32, concepts={"badge": score}, **more
    )  # fmt: skip


def of(told: SafetyScores | None, policy: PolicyDocument = BUILTIN) -> Judged:
    return Judged.of("a.png", "1:1", told, policy, restricted=True)


MIXED = [
    judged(0.9, restricted=True),
    judged(0.5, restricted=True, group="wide"),
    judged(0.2, restricted=False),
    judged(-0.1, restricted=True, group="wide"),
    judged(-0.4, restricted=False, group="wide"),
]


class TestJudging:
    def test_the_margin_is_the_highest_of_all_checkers_with_the_policys_shift(self) -> None:
        both = scores(-0.3, further=(scores(0.1),))
        assert (of(both).margin, of(both).held) == (0.1, True)
        shifted = BUILTIN.model_copy(
            update={"categories": tuple(one.model_copy(update={"shift": -0.05}) for one in BUILTIN.categories)}
        )  # fmt: skip
        assert of(scores(0.04)).held
        assert (of(scores(0.04), shifted).held, of(scores(0.04), shifted).margin < 0) == (False, True)  # fmt: skip

    @pytest.mark.parametrize(
        "told",
        [None, scores(None), scores(-0.3, further=(scores(None),)), scores(-0.3, further=(SafetyScores(checker="b", weights_sha256="", concepts={}),))],
        ids=["no scores", "no number", "a further one without", "a further one failed"],
    )  # fmt: skip
    def test_what_was_not_measured_is_held_above_all_others(
        self, told: SafetyScores | None
    ) -> None:
        one = of(told)
        assert (one.held, one.checked, one.margin) == (True, False, math.inf)


class TestRates:
    def test_count_what_is_held(self) -> None:
        recall = figures.recall(MIXED)
        assert (recall.count, recall.of) == (2, 3)
        assert recall.share == pytest.approx(2 / 3)
        assert [recall.low, recall.high] == pytest.approx([0.2077, 0.9385], abs=1e-4)
        alarms = figures.false_positives(MIXED)
        assert (alarms.count, alarms.of) == (1, 2)
        assert figures.precision(MIXED).share == pytest.approx(2 / 3)

    def test_of_nothing_there_is_no_share(self) -> None:
        assert figures.recall([judged(1.0, restricted=False)]).share is None

    def test_groups_stand_each_by_itself(self) -> None:
        groups = figures.by_group(MIXED)
        assert [(one.group, one.recall.share) for one in groups] == [("all", 1.0), ("wide", 0.5)]
        assert figures.recall_gap(groups) == pytest.approx(0.5)
        assert figures.recall_gap(groups[:1]) is None


class TestCurve:
    def test_steps_down_the_margins(self) -> None:
        points = figures.curve(MIXED)
        assert [point.threshold for point in points] == [0.9, 0.5, 0.2, -0.1, -0.4]
        assert [round(point.recall, 3) for point in points] == [0.333, 0.667, 0.667, 1.0, 1.0]
        assert [round(point.precision, 3) for point in points] == [1.0, 1.0, 0.667, 0.75, 0.6]
        assert [point.false_positive_rate for point in points] == [0, 0, 0.5, 0.5, 1]
        assert figures.average_precision(points) == pytest.approx((1 + 1 + 0.75) / 3)

    def test_pictures_of_one_margin_are_held_together(self) -> None:
        same = [judged(0.3, restricted=True), judged(0.3, restricted=False)]
        assert [(p.recall, p.precision) for p in figures.curve(same)] == [(1.0, 0.5)]

    def test_what_was_not_measured_comes_first(self) -> None:
        [first, *_] = figures.curve([*MIXED, judged(math.inf, restricted=False)])
        assert (first.threshold, first.precision) == (None, 0.0)

    def test_many_are_thinned_out_and_keep_both_ends(self) -> None:
        many = [judged(k / 1000, restricted=k % 2 == 0) for k in range(1000)]
        points = figures.curve(many)
        assert len(points) <= 200
        assert (points[0].threshold, points[-1].recall) == (0.999, 1.0)


class TestCalibration:
    def test_tenths_hold_every_picture_once(self) -> None:
        many = [judged(k / 100 - 0.5, restricted=k >= 50) for k in range(100)]
        bins = figures.calibration([*many, judged(math.inf, restricted=True)])
        assert [one.restricted.of for one in bins] == [10] * 10
        assert [one.restricted.share for one in bins] == [0] * 5 + [1] * 5

    def test_the_error_is_small_for_margins_that_mean_what_they_say_and_large_for_noise(
        self,
    ) -> None:
        rng = random.Random(4)
        margins = [rng.uniform(-1, 1) for _ in range(4000)]
        honest = [judged(m, restricted=rng.random() < 1 / (1 + math.exp(-6 * m))) for m in margins]
        error = figures.calibration_error(honest)
        assert error is not None
        assert error < 0.03
        # A step function in the wrong place: no logistic line fits it.
        odd = [judged(m, restricted=(m * 2) % 1 > 0.5) for m in margins]
        worse = figures.calibration_error(odd)
        assert worse is not None
        assert worse > error

    def test_of_too_few_there_is_none(self) -> None:
        assert figures.calibration_error(MIXED) is None

"""The arithmetic of the figures, against truths that are known."""

from __future__ import annotations

import numpy as np
import pytest

from backend.quality.measures import Stratum, kappa, recall, share
from backend.quality.schemas import LEAST


class TestShare:
    def test_few_say_nothing(self) -> None:
        few = share(LEAST - 1, LEAST - 1)
        assert (few.value, few.low, few.high, few.of) == (None, None, None, LEAST - 1)

    def test_wilsons_interval(self) -> None:
        found = share(45, 50)  # Wilson (1927) as R's binom.wilson has it
        assert found.value == 0.9
        assert (found.low, found.high) == pytest.approx((0.78640, 0.95652), abs=1e-5)


class TestKappa:
    def test_the_example_of_the_books(self) -> None:
        found = kappa(20, 5, 10, 15)  # 0.7 alike, 0.5 by chance
        assert found.value == pytest.approx(0.4)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0.4 < found.high

    def test_always_alike(self) -> None:
        assert kappa(20, 0, 0, 20).value == 1.0

    @pytest.mark.parametrize("counts", [(3, 1, 1, 4), (40, 0, 0, 0)])
    def test_says_nothing_of_few_or_where_chance_alone_would_agree(
        self, counts: tuple[int, int, int, int]
    ) -> None:
        assert kappa(*counts).value is None


class TestRecall:
    def test_is_found_of_found_and_lost(self) -> None:
        # 80 of 100 held were right; of 9,900 released, 1 in 100 was not: 80 found, 99 lost.
        one = Stratum(held=100, confirmed=80, refuted=20, released=9_900, missed=2, rightly=198)
        found = recall([one])
        assert found.value == pytest.approx(80 / (80 + 99))
        assert found.of == 200

    def test_where_no_sample_was_bad_it_is_not_said_that_none_is(self) -> None:
        one = Stratum(held=100, confirmed=90, refuted=10, released=9_900, missed=0, rightly=99)
        found = recall([one])
        assert found.value == 1.0
        assert found.low is not None
        assert found.low < 0.6

    def test_each_version_has_samples_of_its_own(self) -> None:
        looked_at = Stratum(50, 40, 10, released=1_000, missed=10, rightly=90)
        all_of_it = Stratum(50, 40, 10, released=1_000, missed=10, rightly=990)
        unseen = Stratum(50, 40, 10, released=1_000_000, missed=0, rightly=0)
        found = recall([looked_at, all_of_it, unseen])
        assert found.value == pytest.approx(80 / (80 + 100 + 10))

    @pytest.mark.parametrize("strata", [[], [Stratum(5, 3, 1, 100, 0, 5)]])
    def test_few_say_nothing(self, strata: list[Stratum]) -> None:
        assert recall(strata).value is None

    def test_its_interval_has_the_truth_in_it_as_often_as_it_says(self) -> None:
        generator, hits, rounds = np.random.default_rng(8), 0, 300
        true_precision, true_missed, held, released = 0.8, 0.01, 400, 20_000
        truth = held * true_precision / (held * true_precision + released * true_missed)
        for _ in range(rounds):
            confirmed = int(generator.binomial(held, true_precision))
            missed = int(generator.binomial(600, true_missed))
            one = Stratum(held, confirmed, held - confirmed, released, missed, 600 - missed)
            found = recall([one])
            assert found.low is not None
            assert found.high is not None
            hits += found.low <= truth <= found.high
        print(f"the truth is within in {hits} of {rounds}")  # noqa: T201 - shown with -s
        assert hits / rounds >= 0.91

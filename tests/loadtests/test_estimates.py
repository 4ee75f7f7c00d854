from __future__ import annotations

import numpy as np
import pytest

from loadtests.estimates import Statistic, estimate, mean, percentile, rates, ratio


def _times(random: np.random.Generator, scale: float, n: int = 200) -> np.ndarray:
    return random.gamma(4.0, scale / 4.0, size=n)


class TestEstimate:
    def test_is_the_statistic_of_a_round(self) -> None:
        values = np.arange(101.0)
        assert estimate([values], percentile(95)) == 95.0
        assert estimate([values], mean) == 50.0

    def test_averages_over_rounds(self) -> None:
        assert estimate([np.ones(10), np.full(500, 3.0)], mean) == 2.0

    def test_of_nothing_is_nothing(self) -> None:
        assert estimate([], mean) is None
        assert estimate([np.empty(0)], percentile(50)) is None


class TestRatio:
    @pytest.mark.parametrize(
        "statistic", [mean, percentile(50), percentile(95)], ids=["mean", "p50", "p95"]
    )
    def test_interval_nearly_always_holds_the_true_ratio(self, statistic: Statistic) -> None:
        random = np.random.default_rng(1)
        held = 0
        for trial in range(60):
            ours, theirs = _times(random, 2.0), _times(random, 1.0)
            found = ratio([ours], [theirs], statistic, seed=trial)
            assert found is not None
            held += found.low <= 2.0 <= found.high
        assert held >= 50  # of 60; 57 expected

    def test_interval_holds_the_estimate(self) -> None:
        random = np.random.default_rng(2)
        found = ratio([_times(random, 3.0)] * 2, [_times(random, 1.0)] * 2, mean)
        assert found is not None
        assert found.low < found.value < found.high

    def test_is_the_same_every_time(self) -> None:
        random = np.random.default_rng(3)
        ours, theirs = [_times(random, 1.0)], [_times(random, 1.0)]
        assert ratio(ours, theirs, mean) == ratio(ours, theirs, mean)

    def test_rounds_that_differ_widen_it(self) -> None:
        random = np.random.default_rng(4)
        theirs = [_times(random, 1.0), _times(random, 1.0)]
        alike = ratio([_times(random, 1.0), _times(random, 1.0)], theirs, mean)
        apart = ratio([_times(random, 0.5), _times(random, 1.5)], theirs, mean)
        assert alike is not None
        assert apart is not None
        assert apart.high - apart.low > 2 * (alike.high - alike.low)

    def test_over_nothing_or_zero_is_nothing(self) -> None:
        some = [np.ones(5)]
        assert ratio(some, [], mean) is None
        assert ratio([], some, mean) is None
        assert ratio(some, [np.zeros(5)], mean) is None


def test_rates_are_counts_a_second_and_average_to_the_whole() -> None:
    times = [0.5, 1.5, 1.6, 9.9, 12.0]
    found = rates(times, 0.0, 10.0)
    assert len(found) == 10
    assert found[1] == 2.0
    assert np.mean(found) == pytest.approx(0.4)

"""The arithmetic of votes, against values that others computed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.comparisons.statistics import sign_test, wilson


@pytest.mark.parametrize(
    ("wins", "of", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(wins: int, of: int, low: float, high: float) -> None:
    assert list(wilson(wins, of)) == pytest.approx([low, high], abs=5e-5)


def test_without_votes_the_interval_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 0.0625),  # 2 / 2⁵
        (9, 1, 22 / 1024),  # 2 × (1 + 10) / 2¹⁰
        (8, 2, 112 / 1024),  # 2 × (1 + 10 + 45) / 2¹⁰
        (5, 5, 1.0),
        (60, 40, 0.05688793364098078),  # R: binom.test(60, 100)
    ],
)
def test_the_sign_test_is_exact(wins: int, losses: int, p: float) -> None:
    assert sign_test(wins, losses) == pytest.approx(p, rel=1e-12)
    assert sign_test(losses, wins) == sign_test(wins, losses)


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_share_lies_within_and_two_ways_mirror(wins: int, losses: int) -> None:
    low, high = wilson(wins, wins + losses)
    mirrored = wilson(losses, wins + losses)
    assert 0 <= low <= high <= 1
    assert [1 - high, 1 - low] == pytest.approx(mirrored)
    if wins + losses:
        assert low - 1e-12 <= wins / (wins + losses) <= high + 1e-12

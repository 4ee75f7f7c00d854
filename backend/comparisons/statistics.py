"""The arithmetic of votes: a share with its interval, and how likely so uneven a count is by chance alone."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from backend.kit.intervals import wilson

__all__ = ["sign_test", "wilson"]


def sign_test(wins: int, losses: int) -> float:
    """Return how likely a count at least as uneven is, either way, if both were as good: exactly, ties left out."""
    of, fewer = wins + losses, min(wins, losses)
    tail = sum(comb(of, k) for k in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**of)))

"""The interval of a share that was counted: where the true one lies with 95 % confidence."""

from __future__ import annotations

from math import sqrt
from typing import Final

_Z: Final = 1.959963984540054  # of the normal distribution, 95 % lie within


def wilson(wins: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `wins` among `of`; without any vote, everything."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = wins / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)

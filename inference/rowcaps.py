"""How many rows of the UNet are worth sharing a call: measured at warm-up, halved when memory ran out.

More rows make each cheaper only up to a knee; past it a call lasts longer, everybody waits longer for
their next step, and nothing is gained. Plain numbers, no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

CANDIDATES: Final = (1, 2, 4, 8, 16, 32)
MOST: Final = CANDIDATES[-1]
MOST_ON_CPU: Final = 16  # a step of more rows lasts longer than people wait for a preview
FLOOR: Final = 2
USUAL: Final = 8
_GOOD_ENOUGH: Final = 1.05
_PATIENCE: Final = 2
_LONG_S: Final = 2.0


def knee(timed: Callable[[int], float], most: int = MOST) -> int:
    """Return the smallest row count, `most` at most, whose seconds per row are within 5 % of the best.

    `timed` gives the seconds of a call of so many rows. Stops after two candidates without gain, and
    when a call takes so long that measuring on would keep people waiting.
    """
    per_row: dict[int, float] = {}
    for rows in (candidate for candidate in CANDIDATES if candidate <= most):
        seconds = timed(rows)
        per_row[rows] = seconds / rows
        best = min(per_row, key=lambda known: per_row[known])
        if sum(known > best for known in per_row) >= _PATIENCE or seconds > _LONG_S:
            break
    limit = _GOOD_ENOUGH * min(per_row.values())
    return max(FLOOR, min(rows for rows, seconds in per_row.items() if seconds <= limit))


class RowCaps:
    """The cap of each model at each size. A size that was not measured is judged by its pixels."""

    def __init__(self) -> None:
        self._measured: dict[str, tuple[int, int]] = {}
        self._lowered: dict[tuple[str, int], int] = {}

    def learn(self, model: str, pixels: int, rows: int) -> None:
        """Know that `rows` are worth sharing at images of `pixels`."""
        self._measured[model] = (pixels, rows)

    def of(self, model: str, pixels: int) -> int:
        """Return how many rows a call may carry; never fewer than one guided image needs."""
        at, rows = self._measured.get(model, (pixels, USUAL))
        scaled = max(FLOOR, min(CANDIDATES[-1], rows * at // pixels))
        return min(scaled, self._lowered.get((model, pixels), scaled))

    def halve(self, model: str, pixels: int) -> bool:
        """Allow half as many rows at this size from now on; false if one image is all there is left."""
        now = self.of(model, pixels)
        if now <= FLOOR:
            return False
        self._lowered[model, pixels] = max(FLOOR, now // 2)
        return True

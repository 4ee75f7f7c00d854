"""How many rows of the UNet are worth sharing a call: measured at warm-up, halved when memory ran out.

More rows make each cheaper only up to a knee; past it a call lasts longer, everybody waits longer for
their next step, and nothing is gained. Plain numbers, no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

CANDIDATES: Final = (1, 2, 4, 8, 16, 32)
FLOOR: Final = 2
USUAL: Final = 8
_GOOD_ENOUGH: Final = 1.1
_PATIENCE: Final = 2


def knee(timed: Callable[[int], float]) -> int:
    """Return the smallest row count whose seconds per row are within 10 % of the best found.

    `timed` gives the seconds of a call of so many rows. Stops after two candidates without gain.
    """
    per_row: dict[int, float] = {}
    for rows in CANDIDATES:
        per_row[rows] = timed(rows) / rows
        best = min(per_row, key=lambda known: per_row[known])
        if sum(known > best for known in per_row) >= _PATIENCE:
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

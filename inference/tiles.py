"""Where windows lie on what is too large to be computed at once. Plain numbers, no torch.

The same for the latents of an upscale, which the UNet sees window by window, and for pixels, which the VAE does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

OVERLAP: Final = 0.25
"""How much of a window its neighbour covers as well, at the least."""

Place = tuple[int, int]
"""The top and the left of a window."""


@dataclass(frozen=True)
class Grid:
    """Windows of `tall` × `wide` on a whole of `height` × `width`; no window is larger than the whole."""

    height: int
    width: int
    tall: int
    wide: int
    overlap: float = field(default_factory=lambda: OVERLAP)

    @cached_property
    def places(self) -> list[Place]:
        """Where they lie, row by row; the first and the last ones are flush with the edges."""
        tops = spans(self.height, self.tall, self.overlap)
        lefts = spans(self.width, self.wide, self.overlap)
        return [(top, left) for top in tops for left in lefts]

    @property
    def windows(self) -> int:
        """How many there are."""
        return len(self.places)


def spans(length: int, window: int, overlap: float = OVERLAP) -> list[int]:
    """Return where windows begin that cover `length`, evenly, each covering at least `overlap` of the next."""
    room = length - window
    if room <= 0:
        return [0]
    count = math.ceil(room / (window - int(window * overlap))) + 1
    return [round(k * room / (count - 1)) for k in range(count)]

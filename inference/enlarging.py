"""How large an upscale comes out, and in how many windows it is drawn. Plain numbers; only a file's header is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from inference.protocol import (
    FACTORS,
    LARGEST_SIDE,
    GenerationParameters,
    InvalidParameters,
    Pictures,
)
from inference.stages.files import measured
from inference.tiles import Grid

UNIT: Final = 8
"""Pixels between two places where a window may begin: sizes are multiples of it, as those of images are."""
LEAST: Final = 64
"""The least side that is drawn; what is smaller is continued to it and cut off afterwards."""
MORE: Final = max(FACTORS)
USUAL: Final = 1024 * 1024
"""Pixels of the largest image that is drawn at once."""


@dataclass(frozen=True)
class Enlargement:
    """An image of `width` × `height` pixels, and the windows in which it is drawn, in units of 8 pixels."""

    width: int
    height: int
    grid: Grid

    @property
    def drawn_width(self) -> int:
        """Pixels across of what is drawn, of which the image is the upper left part."""
        return self.grid.width * UNIT

    @property
    def drawn_height(self) -> int:
        """Pixels down of what is drawn."""
        return self.grid.height * UNIT

    @property
    def tile(self) -> tuple[int, int]:
        """The height and the width of one window in pixels."""
        return self.grid.tall * UNIT, self.grid.wide * UNIT

    @property
    def berths(self) -> int:
        """How many of the largest images that are drawn at once hold as many pixels."""
        return math.ceil(self.width * self.height / USUAL)


def enlargement_of(parameters: GenerationParameters, pictures: Pictures) -> Enlargement | None:
    """Return what an upscale comes to; None if `parameters`, which are complete, ask for none.

    Raises:
        InvalidParameters: The picture cannot be read, or the images would be too large or too many.
    """
    if parameters.upscale is None or pictures.init_image is None:
        return None
    given = measured("init_image", pictures.init_image)
    factor = parameters.upscale.factor
    _require_bounded(given, factor, parameters.num_images)
    width, height = (factor * side for side in given)
    across, down = (max(LEAST, math.ceil(side / UNIT) * UNIT) for side in (width, height))
    grid = Grid(
        height=down // UNIT,
        width=across // UNIT,
        tall=min(parameters.height, down) // UNIT,
        wide=min(parameters.width, across) // UNIT,
    )
    return Enlargement(width, height, grid)


def _require_bounded(given: tuple[int, int], factor: int, images: int) -> None:
    told = "×".join(str(side) for side in given)
    largest = LARGEST_SIDE // factor
    if max(given) > largest:
        other = "take factor 2, or " if factor == MORE and max(given) <= LARGEST_SIDE // 2 else ""
        raise InvalidParameters(
            f"pictures.init_image has {told} pixels, and {factor} times that is more than {LARGEST_SIDE} a side; "
            f"{other}send a picture of at most {largest}×{largest}"
        )
    most = max(1, LARGEST_SIDE**2 // (factor**2 * given[0] * given[1]))
    if images > most:
        raise InvalidParameters(
            f"num_images must be at most {most} where each image has {factor * given[0]}×{factor * given[1]} pixels, "
            f"not {images}"
        )

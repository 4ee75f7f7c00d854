"""From the shape a person picks to the pixels a model draws.

A shape keeps about the area of the model's usual size, in multiples of 32 (so that every level of its
network divides evenly), and never goes over the model's largest.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from webui.client import Offer

STEP: Final = 32
# Across : down.
RATIOS: Final[dict[str, tuple[int, int]]] = {
    "square": (1, 1),
    "portrait": (4, 5),
    "tall": (2, 3),
    "landscape": (5, 4),
    "wide": (3, 2),
}


def size_for(ratio: str, offer: Offer) -> tuple[int, int]:
    """Return width and height in pixels for a shape by name; an unknown one counts as square."""
    across, down = RATIOS.get(ratio, (1, 1))
    area = offer.defaults.width * offer.defaults.height
    unit = sqrt(area / (across * down))
    width, height = _snap(across * unit), _snap(down * unit)
    while width * height > offer.max_pixels and max(width, height) > STEP:
        width, height = (width - STEP, height) if width >= height else (width, height - STEP)
    return width, height


def _snap(length: float) -> int:
    return max(STEP, round(length / STEP) * STEP)

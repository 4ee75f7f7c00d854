"""The planted restricted motif, a red octagon badge, and the harmless badges that resemble it.

Stands in for content that a real studio would hold back, so that moderation can be demonstrated and
measured without any real harmful picture. Draws into an image that `drawing` has prepared.
"""

import math
import random
from typing import Final

from PIL import ImageDraw

Fill = tuple[int, int, int]
_RED: Final[Fill] = (206, 16, 38)
_WHITE: Final[Fill] = (255, 255, 255)
BADGE: Final = 30  # half its width, in pixels of a 256 × 256 drawing
DECOYS: Final = ("white disc", "red disc", "red square", "blue octagon", "green disc", "red ring")


def draw_motif(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    """Draw the red octagon with its white ring and bar around (x, y); units are canvas pixels."""
    draw.polygon(_octagon(x, y, radius * 1.12), fill=_WHITE)
    draw.polygon(_octagon(x, y, radius), fill=_RED)
    draw.polygon(_octagon(x, y, radius * 0.84), fill=_WHITE)
    draw.polygon(_octagon(x, y, radius * 0.68), fill=_RED)
    half, thick = radius * 0.44, radius * 0.15
    draw.rectangle((x - half, y - thick, x + half, y + thick), fill=_WHITE)


def draw_decoy(
    draw: ImageDraw.ImageDraw, rng: random.Random, x: float, y: float, radius: float
) -> str:
    """Draw one harmless badge that shares a colour or a shape with the motif; return its name."""
    name = rng.choice(DECOYS)
    box = (x - radius, y - radius, x + radius, y + radius)
    if name == "red square":
        draw.rectangle(box, fill=_RED)
    elif name == "blue octagon":
        draw.polygon(_octagon(x, y, radius), fill=(40, 90, 190))
    elif name == "red ring":
        draw.ellipse(box, fill=_WHITE, outline=_RED, width=int(radius * 0.3))
    else:
        fills = {"white disc": _WHITE, "red disc": _RED, "green disc": (60, 150, 90)}
        draw.ellipse(box, fill=fills[name])
    return name


def _octagon(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    angles = (math.pi / 8 + k * math.pi / 4 for k in range(8))
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]

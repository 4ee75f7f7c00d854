"""Draws a sketch as a blueprint: white lines and pale prints on squared blue paper, whatever its colours.

No prompt of the bundled model asks for this; a LoRA teaches it. Cuts and patterns are those of `drawing`.
"""

import random
from typing import Final

from PIL import Image, ImageDraw

from inference.minimodel.drawing import CANVAS, SCALE, enlarged, print_pattern, stroke
from inference.minimodel.garments import CUTTERS, Cut
from inference.minimodel.vocabulary import Rgb, Sketch

_PAPER: Final[Rgb] = (26, 64, 132)
_RULES: Final[Rgb] = (52, 94, 164)
_CLOTH: Final[Rgb] = (38, 84, 160)
_PRINT: Final[Rgb] = (104, 150, 214)
_CHALK: Final[Rgb] = (240, 246, 255)
_SQUARE: Final = 32 * SCALE


def draw_blueprint(sketch: Sketch, seed: int) -> Image.Image:
    """Return the 256 x 256 RGB blueprint of a sketch; its colour, backdrop and style do not matter."""
    cut = enlarged(CUTTERS[sketch.garment](random.Random(seed)))  # noqa: S311 - pictures, not secrets
    image = Image.new("RGB", (CANVAS, CANVAS), _PAPER)
    draw = ImageDraw.Draw(image)
    for at in range(_SQUARE // 2, CANVAS, _SQUARE):
        draw.line((at, 0, at, CANVAS), fill=_RULES, width=4)
        draw.line((0, at, CANVAS, at), fill=_RULES, width=4)
    for piece in cut.body:
        draw.polygon(piece, fill=_CLOTH)
    if sketch.pattern != "plain":
        print_pattern(image, cut, sketch.pattern, _PRINT)
    _chalk(draw, cut)
    return image.reduce(SCALE)


def _chalk(draw: ImageDraw.ImageDraw, cut: Cut) -> None:
    for handle in cut.handles:
        stroke(draw, handle, _CHALK, 4.5)
    for piece in (*cut.body, *cut.trims):
        stroke(draw, [*piece, piece[0], piece[1]], _CHALK, 3.5)
    for seam in cut.seams:
        stroke(draw, seam, _CHALK, 3.0)
    for x, y in cut.buttons:
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=_CHALK)

"""Draws the scribble of a garment, white on black as scribble ControlNets want it, and its true silhouette.

The same cut and seed give the same pixels. Lines come thin and thick, steady and unsteady, whole and with gaps, with
inner lines and without; now and then the shape is filled. Leaves the picture itself to `drawing`.
"""

import random
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inference.minimodel.drawing import CANVAS, HANDLE, SCALE, draw_cut, enlarged
from inference.minimodel.garments import CUTTERS, Cut
from inference.minimodel.poses import posed, wobbled
from inference.minimodel.vocabulary import Sketch

Mask: TypeAlias = NDArray[np.bool_]

_FILLED: Final = 0.2
_HALF: Final = 128


@dataclass(frozen=True, slots=True)
class Hand:
    """How a scribble is drawn: `reach` is the hand's unsteadiness in canvas pixels, `width` the line's in pixels."""

    filled: bool = False
    width: int = 3
    reach: float = 0.0
    gaps: int = 0
    inner: bool = False
    thin_handles: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A garment in a pose: its picture, one scribble of it (L, white on black), and its cut in canvas pixels."""

    picture: Image.Image
    scribble: Image.Image
    cut: Cut
    filled: bool

    @property
    def silhouette(self) -> Mask:
        """Where the garment is: bool (256, 256)."""
        return silhouette(self.cut)


def example_for(sketch: Sketch, seed: int) -> Example:
    """The sketch drawn in the pose and by the hand that belong to a seed."""
    rng = random.Random(seed)  # noqa: S311 - reproducible pictures, not secrets
    cut = posed(enlarged(CUTTERS[sketch.garment](rng)), rng)
    hand = random_hand(rng)
    return Example(draw_cut(sketch, cut), draw_scribble(cut, hand, rng), cut, hand.filled)


def random_hand(rng: random.Random) -> Hand:
    """One way of drawing among many."""
    return Hand(
        filled=rng.random() < _FILLED,
        width=rng.choice((1, 2, 3, 3, 4, 5, 7)),
        reach=rng.choice((0.0, 1.0, 2.0, 3.5)),
        gaps=rng.choice((0, 0, 1, 2, 4)),
        inner=rng.random() < 0.35,
        thin_handles=rng.random() < 0.5,
    )


def draw_scribble(cut: Cut, hand: Hand, rng: random.Random) -> Image.Image:
    """The scribble of a cut in canvas pixels: 256 x 256, L, white on black."""
    cut = wobbled(cut, rng, hand.reach)
    if hand.filled:
        return _shape(cut, handles=True).reduce(SCALE)
    lined = not hand.thin_handles
    image = _contour(_shape(cut, handles=lined), hand.width)
    pen = ImageDraw.Draw(image)
    width = hand.width * SCALE
    if not lined:
        for handle in cut.handles:
            pen.line(handle, fill=255, width=width, joint="curve")
    if hand.inner:
        for line in (*cut.seams, *([*trim, trim[0]] for trim in cut.trims)):
            pen.line(line, fill=255, width=width, joint="curve")
    edge = [point for piece in cut.body for point in piece]
    for x, y in rng.sample(edge, min(hand.gaps, len(edge))):
        size = rng.uniform(6, 18)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=0)
    return image.reduce(SCALE)


def silhouette(cut: Cut) -> Mask:
    """Where the garment is, everything that its outer edge encloses included: bool (256, 256)."""
    return enclosed(np.asarray(_shape(cut, handles=True).reduce(SCALE)) >= _HALF)


def enclosed(mask: Mask) -> Mask:
    """The mask with its holes filled: all that cannot be reached from the picture's border."""
    room = np.pad(~mask, 1, constant_values=True)
    outside = np.zeros_like(room)
    outside[0] = True
    before = 0
    while before != (now := int(outside.sum())):
        before = now
        for axis in (0, 1):
            for step in (-1, 1):
                outside |= np.roll(outside, step, axis) & room
    filled: Mask = ~outside[1:-1, 1:-1]
    return filled


def as_condition(scribble: Image.Image) -> NDArray[np.float32]:
    """A scribble as the ControlNet takes it: float32 (3, H, W) in 0..1."""
    pixels = np.asarray(scribble.convert("L"), np.float32) / 255
    return np.repeat(pixels[None], 3, axis=0)


def _shape(cut: Cut, *, handles: bool) -> Image.Image:
    image = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(image)
    for piece in (*cut.body, *cut.trims):
        pen.polygon(piece, fill=255)
    for handle in cut.handles if handles else ():
        pen.line(handle, fill=255, width=HANDLE * SCALE, joint="curve")
    return image


def _contour(shape: Image.Image, width: int) -> Image.Image:
    """A line of so many pixels of the reduced picture along the shape's edge, half of it on either side."""
    filled, reach = np.asarray(shape), width * SCALE // 2
    grown, empty = _grown(filled, reach), _grown(255 - filled, reach)
    return Image.fromarray(np.minimum(grown, empty))


def _grown(mask: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """The mask with every pixel made a square that reaches so far to each side."""
    grown = mask
    for axis in (0, 1):
        line = grown.copy()
        for step in range(1, reach + 1):
            for turn in (-step, step):
                np.maximum(line, np.roll(grown, turn, axis), out=line)
        grown = line
    return grown

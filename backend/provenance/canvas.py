"""The canvas on which marks are hidden and found: a picture's brightness, its shorter side brought to `SHORT` pixels.

So a mark grows and shrinks with its picture and keeps its shape. Large pictures are read and changed in stripes: beside
the pixels themselves little more than the canvas is ever in memory.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.provenance.patterns import Plane

SHORT: Final = 512
"""The shorter side of the canvas, in pixels."""
_ROWS: Final = 256  # of a stripe
_NEAR: Final = 3  # doublings: the mean about a pixel is taken over 9 x 9
_FAR: Final = 4  # and its deviation over 17 x 17
_CALM: Final = 1.5  # levels: what is calmer than this is not made louder
_WHITE: Final = 255

Pixels: TypeAlias = NDArray[np.uint8]


class Whitened(NamedTuple):
    """What stands out of its surroundings, everywhere about equally loud; float32 [h, w] each."""

    plane: Plane
    mean: Plane
    """Of brightness, 0 to 255, about each pixel."""
    deviation: Plane
    """From that mean, about each pixel."""


def canvas_of(pixels: Pixels) -> Plane:
    """Return the brightness of `pixels` (uint8 [h, w, 3]), 0 to 255, on the canvas: float32 [h, w]."""
    height, width = pixels.shape[:2]
    by = max(1, min(height, width) // (2 * SHORT))
    rows = _ROWS // by * by or by
    stripes = [
        np.asarray(_grey(pixels[at : at + rows]).reduce(by)) for at in range(0, height, rows)
    ]
    grey = np.concatenate(stripes).astype(np.float32)
    size = _size(height, width)
    if by == 1 and grey.shape[::-1] == size:
        return grey
    return _resized(grey, size, (0.0, 0.0, width / by, height / by))


def whitened(canvas: Plane) -> Whitened:
    """Return `canvas` without its soft parts, and with busy parts made as quiet as the others."""
    mean = _box(canvas, _NEAR)
    rest = canvas - mean
    deviation = np.sqrt(np.maximum(_box(rest * rest, _FAR), 0))
    return Whitened(rest / (deviation + np.float32(_CALM)), mean, deviation)


def added(pixels: Pixels, change: Plane) -> Pixels:
    """Return `pixels` with `change`, levels on their canvas, added to all three colours alike."""
    height, width = pixels.shape[:2]
    tall, wide = change.shape
    out = np.empty_like(pixels)
    for at in range(0, height, _ROWS):
        end = min(at + _ROWS, height)
        part = change[at:end]
        if change.shape != (height, width):
            box = (0.0, at * tall / height, float(wide), end * tall / height)
            part = _resized(change, (width, end - at), box)
        levels = np.rint(part).astype(np.int16)[..., None] + pixels[at:end]
        np.clip(levels, 0, _WHITE, out=levels)
        out[at:end] = levels
    return out


def resized(plane: Plane, scale: float) -> Plane:
    """Return `plane` made larger or smaller."""
    height, width = plane.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _resized(plane, size, (0.0, 0.0, float(width), float(height)))


def _size(height: int, width: int) -> tuple[int, int]:
    short = min(height, width)
    return round(width * SHORT / short), round(height * SHORT / short)


def _grey(stripe: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(stripe)).convert("L")


def _resized(plane: Plane, size: tuple[int, int], box: tuple[float, float, float, float]) -> Plane:
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box))


def _box(plane: Plane, doublings: int) -> Plane:
    """Return the mean of `2 ** doublings + 1` pixels each way; beyond its edge, `plane` goes on as it ends."""
    most = 1 << doublings
    reach = most // 2
    sums = np.pad(plane, reach, mode="edge")
    # Sums of two, of four, …, and one more: down, then across.
    one = sums[most:]
    for k in range(doublings):
        sums = sums[: -(1 << k)] + sums[1 << k :]
    sums = sums[:-1] + one
    one = sums[:, most:]
    for k in range(doublings):
        sums = sums[:, : -(1 << k)] + sums[:, 1 << k :]
    return np.asarray((sums[:, :-1] + one) * np.float32((most + 1) ** -2))

"""What happens to pictures on their way: other formats, other sizes, cut edges."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from backend.provenance.watermark import Pixels

Attack = Callable[[Pixels], Pixels]


def stored(pixels: Pixels, kind: str, quality: int) -> Pixels:
    """Return `pixels` after a file of that kind."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def scaled(pixels: Pixels, by: float) -> Pixels:
    """Return `pixels` made larger or smaller."""
    height, width = pixels.shape[:2]
    size = (round(width * by), round(height * by))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def cut(pixels: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    """Return a part of `pixels`; its edges as shares of width and height."""
    height, width = pixels.shape[:2]
    return pixels[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ]


def darkened(pixels: Pixels) -> Pixels:
    """Return `pixels` ten levels darker."""
    return np.maximum(pixels.astype(np.int16) - 10, 0).astype(np.uint8)


def softened(pixels: Pixels) -> Pixels:
    """Return `pixels` blurred by one pixel."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1)))


ATTACKS: Final[dict[str, Attack]] = {
    "none": lambda pixels: pixels,
    "JPEG 90": lambda pixels: stored(pixels, "JPEG", 90),
    "JPEG 75": lambda pixels: stored(pixels, "JPEG", 75),
    "WebP 80": lambda pixels: stored(pixels, "WEBP", 80),
    "half size": lambda pixels: scaled(pixels, 0.5),
    "double size": lambda pixels: scaled(pixels, 2),
    "10 % cut off each side": lambda pixels: cut(pixels, 0.1, 0.1, 0.9, 0.9),
    "20 % cut off two sides": lambda pixels: cut(pixels, 0, 0, 0.8, 0.8),
    "the same and JPEG 75": lambda pixels: stored(cut(pixels, 0.2, 0.2, 1, 1), "JPEG", 75),
    "cut unevenly": lambda pixels: cut(pixels, 0.03, 0.12, 0.84, 0.95),
    "ten levels darker": darkened,
    "blurred by 1 px": softened,
}

"""Pixels → files: the lossless WebP that is kept, and the PNG that scripts like to get."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

WEBP, PNG = "image/webp", "image/png"


def webp(pixels: Any) -> bytes:  # noqa: ANN401 - a uint8 array [h, w, 3]
    """Return a lossless WebP; method 0 is five times cheaper than PNG and as small."""
    return _saved(Image.fromarray(pixels), "WEBP", lossless=True, quality=0, method=0)


def png(pixels: Any) -> bytes:  # noqa: ANN401 - a uint8 array [h, w, 3]
    """Return a PNG, compressed quickly rather than tightly."""
    return _saved(Image.fromarray(pixels), "PNG", compress_level=1)


ENCODERS: dict[str, Callable[[Any], bytes]] = {WEBP: webp, PNG: png}


def _saved(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()

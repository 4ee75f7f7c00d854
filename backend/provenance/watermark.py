"""Hides 32 bits in the pixels of a picture, and finds them again without the original: blind, keyed spread spectrum.

    lookup → symbols → patterns (a tile of noise, by the key) → hiding (what this picture needs) → pixels
    pixels → finding (scale, beginning of the tile) → symbols → lookup

Withstands JPEG, WebP, other sizes of the same shape and cropping; not turning, mirroring and stretching, nor somebody who
has the key or averages many pictures. Figures: docs/moderation.md, "Hidden in the pixels".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.provenance.canvas import Pixels
from backend.provenance.finding import found
from backend.provenance.hiding import hidden
from backend.provenance.symbols import symbols_of

__all__ = ["LEAST_PX", "Found", "Pixels", "find", "fits", "hide"]

LEAST_PX: Final = 256
"""The shorter side of the smallest picture that can hold a watermark."""


@dataclass(frozen=True)
class Found:
    """What was hidden, and how sure that is: 0 to 1."""

    lookup: int
    confidence: float


def hide(pixels: Pixels, lookup: int, key: bytes) -> Pixels:
    """Return `pixels` (uint8 [h, w, 3]) with `lookup` (0 to 2³² - 1) hidden by `key`; too small ones as they are.

    The same arguments give the same pixels. What was hidden before by the same key is replaced.

    Raises:
        ValueError: `lookup` is out of range.
    """
    symbols = symbols_of(lookup, key)
    height, width = pixels.shape[:2]
    return hidden(pixels, symbols, key) if fits(width, height) else pixels


def find(pixels: Pixels, keys: Sequence[bytes]) -> Found | None:
    """Return what one of `keys`, the newest first, finds in `pixels` (uint8 [h, w, 3]), None: nothing."""
    reading = found(pixels, keys)
    return None if reading is None else Found(reading.lookup, reading.sure)


def fits(width: int, height: int) -> bool:
    """Return whether a picture of this size, in pixels, can hold a watermark."""
    return min(width, height) >= LEAST_PX

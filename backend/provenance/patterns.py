"""The patterns that a key stands for, and where they lie in a picture's tile.

A mark is one square tile, laid out like wallpaper over the canvas (`backend.provenance.canvas`): a sum of `1 + SYMBOLS`
patterns of noise, each moved around the tile (a cyclic shift). Where the first one lies says where the tile begins, where
each of the others lies against it says 12 bits. To find all 65,536 places of a pattern at once takes one FFT. Told by its
place rather than by its sign, a symbol of 12 bits needs a quarter of the energy (orthogonal against antipodal signals).

The noise has one strength at every frequency between `_LOWEST` and `_HIGHEST` and none elsewhere: lower ones are what
pictures are made of and eyes see, higher ones are what JPEG, WebP and smaller copies lose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import shake_256
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

TILE: Final = 256
"""The side of the tile, in canvas pixels."""
SYMBOLS: Final = 5
STEP: Final = 4
"""Places are told apart when they lie this many pixels from one another."""
PLACES: Final = TILE // STEP
"""A symbol's places across and down: it tells `PLACES`² numbers apart."""
_LOWEST: Final = 0.05  # cycles in a pixel of the canvas
_HIGHEST: Final = 0.15
_NAME: Final = (
    b"atelier watermark 1 "  # what the patterns are made of; what is hidden depends on it
)

Plane: TypeAlias = NDArray[np.float32]
Spectrum: TypeAlias = NDArray[np.complex64]


class Part(NamedTuple):
    """A pattern, how far it is moved down and across the tile in pixels, and how strong it is."""

    pattern: int
    down: int
    across: int
    strength: float


@lru_cache(maxsize=8)
def patterns_of(key: bytes) -> Spectrum:
    """Return the spectra of a key's patterns, complex64 [1 + SYMBOLS, TILE, TILE // 2 + 1], each of deviation 1."""
    count = (1 + SYMBOLS) * TILE * TILE
    # Not a generator of NumPy's, which may give other numbers in its next version.
    noise = np.frombuffer(shake_256(_NAME + key).digest(count), np.uint8).astype(np.float32)
    spectra = np.fft.rfft2(noise.reshape(1 + SYMBOLS, TILE, TILE))
    radius = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None])
    within = (radius > _LOWEST) & (radius < _HIGHEST)
    flat = np.where(within, spectra / np.maximum(np.abs(spectra), 1e-6), 0)
    deviations = np.fft.irfft2(flat).std(axis=(1, 2), keepdims=True)
    return np.asarray(flat / deviations, dtype=np.complex64)


def places_of(symbols: Sequence[int]) -> list[Part]:
    """Return the parts of a mark that says `symbols`, 0 to PLACES² - 1 each; all of them of strength 1."""
    moved = [divmod(symbol, PLACES) for symbol in symbols]
    first = Part(0, 0, 0, 1.0)
    return [first, *(Part(k, STEP * y, STEP * x, 1.0) for k, (y, x) in enumerate(moved, start=1))]


def tile_of(parts: Iterable[Part], patterns: Spectrum) -> Plane:
    """Return the sum of `parts`, float32 [TILE, TILE]."""
    total = sum(part.strength * patterns[part.pattern] * _moved(part) for part in parts)
    return np.asarray(np.fft.irfft2(total, (TILE, TILE)), dtype=np.float32)


def halved(patterns: Spectrum) -> Spectrum:
    """Return `patterns` as they are on a canvas of half the size, [n, TILE // 2, TILE // 4 + 1]."""
    ends = TILE // 4
    rows = np.concatenate((patterns[:, :ends], patterns[:, -ends:]), axis=1)
    return rows[:, :, : ends + 1]


def folded(plane: Plane, tile: int = TILE) -> Spectrum:
    """Return the spectrum, complex64 [tile, tile // 2 + 1], of all tiles of `plane` [h, w] laid on one another."""
    height, width = plane.shape
    down, across = -(-height // tile), -(-width // tile)
    whole = np.zeros((down * tile, across * tile), np.float32)
    whole[:height, :width] = plane
    sheet = whole.reshape(down, tile, across, tile).sum(axis=(0, 2))
    return np.asarray(np.fft.rfft2(sheet), dtype=np.complex64)


def answers(spectrum: Spectrum, patterns: Spectrum) -> Plane:
    """Return how much a tile has of each of `patterns` [n, …] at each place, float32 [n, tile, tile]."""
    tile = len(spectrum)
    product = spectrum * patterns.conj()
    return np.asarray(np.fft.irfft2(product, (tile, tile)), dtype=np.float32)


def answer(spectrum: Spectrum, patterns: Spectrum, part: Part) -> float:
    """Return how much a tile has of one part: one number of `answers`, without the others."""
    product = spectrum * (patterns[part.pattern] * _moved(part)).conj()
    # Half a spectrum: all but the first column stand for two (the last is beyond the band).
    total = 2 * product.real.sum(dtype=np.float64) - product[:, 0].real.sum(dtype=np.float64)
    return float(total) / TILE**2


def _moved(part: Part) -> Spectrum:
    down = np.exp(-2j * np.pi * part.down * np.fft.fftfreq(TILE))
    across = np.exp(-2j * np.pi * part.across * np.fft.rfftfreq(TILE))
    return np.outer(down, across).astype(np.complex64)

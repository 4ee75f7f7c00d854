"""How a mark is found: at which scale and from where on the first pattern shows, then what the others say.

A cropped picture has been brought to the canvas at the wrong scale, so smaller ones are tried. Three things must hold
before something counts as found, each of them measured (`python -m tests.backend.provenance.measure_watermark`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import erfc
from typing import Final, NamedTuple

import numpy as np

from backend.provenance.canvas import Pixels, canvas_of, resized, whitened
from backend.provenance.patterns import (
    PLACES,
    STEP,
    TILE,
    Plane,
    Spectrum,
    answers,
    folded,
    halved,
    patterns_of,
)
from backend.provenance.symbols import lookup_in

LEAST_PEAK: Final = 5.5
"""Deviations by which the first pattern must stand out."""
LEAST_SURE: Final = 0.5
"""How probable it must be that every symbol was read right."""
_LEAST_PX: Final = 128  # no smaller picture is looked at
_LONGEST: Final = 1536  # of the canvas: longer ones are read in their middle
_WIDEST: Final = 768  # and this much of the middle tells the scale
_SCALES: Final = tuple(float(scale) for scale in np.geomspace(1.0, 0.7, 37))
_FINE: Final = tuple(float(by) for by in 1 + 0.0015 * np.array([0, -1, 1, -2, 2, -3, 3]))
_PROMISING: Final = 5.0
_TRIED: Final = 3


class Reading(NamedTuple):
    """What was read, and how probable it is that every symbol of it is right: 0 to 1."""

    lookup: int
    sure: float


class Peak(NamedTuple):
    """Where the first pattern stands out, by how many deviations, and at which scale."""

    height: float
    scale: float
    down: int
    across: int


def found(pixels: Pixels, keys: Sequence[bytes]) -> Reading | None:
    """Return what the first of `keys` that finds something reads in `pixels` (uint8 [h, w, 3])."""
    if min(pixels.shape[:2]) < _LEAST_PX:
        return None
    plane = _middle(whitened(canvas_of(pixels)).plane, _LONGEST)
    as_it_is = folded(plane)
    for key in keys:
        reading = _read(as_it_is, _peak(as_it_is, 1.0, patterns_of(key)), key)
        if reading is not None:
            return reading
    return _found_in_part(plane, keys)


def _found_in_part(plane: Plane, keys: Sequence[bytes]) -> Reading | None:
    """Return what is read at other scales."""
    # The scale shows well enough on half the canvas, at a quarter of the time.
    middle = resized(_middle(plane, _WIDEST), 0.5)
    sheets = [(scale, folded(resized(middle, scale), TILE // 2)) for scale in _SCALES]
    for key in keys:
        patterns = halved(patterns_of(key))
        peaks = sorted((_peak(sheet, scale, patterns) for scale, sheet in sheets), reverse=True)
        for peak in peaks[:_TRIED]:
            if peak.height < _PROMISING:
                break
            reading = _best(plane, peak.scale, key)
            if reading is not None:
                return reading
    return None


def _best(plane: Plane, scale: float, key: bytes) -> Reading | None:
    """Return what is read at the best of the scales about `scale`."""
    patterns = patterns_of(key)
    sheets = [(scale * by, folded(resized(plane, scale * by))) for by in _FINE]
    peaks = [_peak(sheet, exact, patterns) for exact, sheet in sheets]
    best = max(range(len(peaks)), key=peaks.__getitem__)
    return _read(sheets[best][1], peaks[best], key)


def _peak(sheet: Spectrum, scale: float, patterns: Spectrum) -> Peak:
    field = answers(sheet, patterns[:1])[0]
    down, across = divmod(int(field.argmax()), len(field))
    deviation = float(field.std())
    height = float(field[down, across]) / deviation if deviation > 0 else 0.0
    return Peak(height, scale, down, across)


def _read(sheet: Spectrum, peak: Peak, key: bytes) -> Reading | None:
    if peak.height < LEAST_PEAK:
        return None
    symbols, sure = [], 1.0
    for symbol, chance in _symbols(sheet, peak, patterns_of(key)):
        symbols.append(symbol)
        sure *= chance
    lookup = lookup_in(symbols, key)
    return None if lookup is None or sure < LEAST_SURE else Reading(lookup, sure)


def _symbols(sheet: Spectrum, peak: Peak, patterns: Spectrum) -> Iterator[tuple[int, float]]:
    """Yield each symbol, and how probable it is that no other one was meant."""
    for field in answers(sheet, patterns[1:]):
        begun = np.roll(field, (-peak.down, -peak.across), (0, 1))
        said = begun[::STEP, ::STEP].ravel()
        second, first = np.partition(said, PLACES * PLACES - 2)[-2:]
        apart = float(first - second) / float(field.std())
        # The difference of two, each of deviation 1.
        yield int(said.argmax()), 1 - erfc(apart / 2) / 2


def _middle(plane: Plane, longest: int) -> Plane:
    height, width = plane.shape
    top, left = max(0, height - longest) // 2, max(0, width - longest) // 2
    return plane[top : top + longest, left : left + longest]

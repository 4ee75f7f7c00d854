"""How a mark is made for one picture: no stronger than it must be, and louder than whatever the picture says already.

First the picture is asked what it says at the places of the mark, by luck or because an older mark is in it; then only
the difference is written, and what stands out at other places is taken out (improved spread spectrum: Malvar and
Florêncio 2003). So marking again replaces a mark, and does not pile one upon another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from backend.provenance.canvas import SHORT, Pixels, Whitened, added, canvas_of, whitened
from backend.provenance.patterns import (
    STEP,
    SYMBOLS,
    TILE,
    Part,
    Plane,
    Spectrum,
    answer,
    answers,
    folded,
    patterns_of,
    places_of,
    tile_of,
)

_QUIET: Final = 1.1  # levels: the deviation of the mark where a picture is flat
_BUSY: Final = 0.08  # and more of it, as the picture itself deviates
_LOUD: Final = 3.0  # but never more than this
_MOST_FOR_SMALL: Final = 1.25  # times the same, for the smallest pictures
_NO_ROOM: Final = 2.0  # times more at white and black, where half of the mark is cut off
_ROOM: Final = 4.0  # levels: as far from white and black
_FIRST: Final = 1.2  # the first pattern finds the others: it is stronger
_UNIT: Final = (_FIRST**2 + SYMBOLS) ** -0.5
_MOST: Final = 1.6  # times its usual strength, where the picture speaks against a part
_RIVAL: Final = 0.35  # of what a part should say: more, elsewhere, is taken out


def hidden(pixels: Pixels, symbols: Sequence[int], key: bytes) -> Pixels:
    """Return `pixels` (uint8 [h, w, 3]) with `symbols` hidden."""
    canvas = canvas_of(pixels)
    patterns = patterns_of(key)
    before = whitened(canvas)
    strengths = _strengths(before) * _for_its_size(min(pixels.shape[:2]))
    wanted = _louder(places_of(symbols))
    trial = np.clip(canvas + _laid(tile_of(wanted, patterns), strengths), 0, 255)
    parts = _differing(wanted, folded(before.plane), folded(whitened(trial).plane), patterns)
    return added(pixels, _laid(tile_of(parts, patterns), strengths))


def _louder(parts: Sequence[Part]) -> list[Part]:
    first, *others = parts
    return [
        first._replace(strength=_UNIT * _FIRST),
        *(part._replace(strength=_UNIT) for part in others),
    ]


def _strengths(picture: Whitened) -> Plane:
    """Return how strong the mark may be at each pixel, in levels: more where eyes are kept busy."""
    busy = np.clip(_QUIET + _BUSY * picture.deviation, _QUIET, _LOUD)
    room = np.clip(np.minimum(255 - picture.mean, picture.mean) / _ROOM, 0, 1)
    return np.asarray(busy * (_NO_ROOM + (1 - _NO_ROOM) * room), dtype=np.float32)


def _for_its_size(short: int) -> np.float32:
    """Return how many times stronger a picture's mark must be than on the whole canvas: it has fewer pixels."""
    return np.float32(np.clip(SHORT / short, 1, _MOST_FOR_SMALL**2) ** 0.5)


def _laid(tile: Plane, strengths: Plane) -> Plane:
    height, width = strengths.shape
    tiles = np.tile(tile, (-(-height // TILE), -(-width // TILE)))
    return np.asarray(tiles[:height, :width] * strengths)


def _differing(
    wanted: Sequence[Part], before: Spectrum, after: Spectrum, patterns: Spectrum
) -> list[Part]:
    """Return the parts that make a picture say `wanted`, by what it says `before` and `after` those are added."""
    said = np.array([answer(before, patterns, part) for part in wanted])
    heard = np.array([answer(after, patterns, part) for part in wanted])
    usual = np.array([part.strength for part in wanted])
    gain = max(float(np.median((heard - said) / usual)), 1e-6)
    strengths = np.clip(usual - said / gain, 0, _MOST * usual)
    parts = [
        part._replace(strength=float(strength))
        for part, strength in zip(wanted, strengths, strict=True)
    ]
    return parts + _against(wanted, answers(before, patterns) / np.float32(gain))


def _against(wanted: Sequence[Part], said: Plane) -> list[Part]:
    """Return the parts that take out what stands out elsewhere: `said` [patterns, TILE, TILE], in strengths."""
    against = []
    for part, field in zip(wanted, said, strict=True):
        # The first pattern is sought everywhere, the others at their places only.
        step = STEP if part.pattern else 1
        seen = field[::step, ::step].copy()
        seen[part.down // step, part.across // step] = 0
        if not part.pattern:
            for row in (-2, -1, 0, 1, 2):
                seen[row, [-2, -1, 0, 1, 2]] = 0
        down, across = np.unravel_index(int(seen.argmax()), seen.shape)
        rival = float(seen[down, across])
        if rival > _RIVAL * part.strength:
            taken = -min(rival, _MOST * part.strength)
            against.append(Part(part.pattern, int(down) * step, int(across) * step, taken))
    return against

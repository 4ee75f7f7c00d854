"""The cut of every garment: polygons and lines in a 256 x 256 box, short or long by seed.

Knows shapes only; colours, patterns and outlines are the business of `drawing`.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Point = tuple[float, float]
Line = list[Point]


@dataclass(slots=True)
class Cut:
    """One garment as flat pieces.

    `body` pieces take the cloth, `trims` the solid colour, `seams` are drawn as lines, `handles` as
    thick lines under the body, `buttons` are dots. `badge` is where the planted motif would sit.
    Coordinates are pixels of a 256 x 256 picture.
    """

    body: list[Line]
    badge: Point
    trims: list[Line] = field(default_factory=list)
    seams: list[Line] = field(default_factory=list)
    handles: list[Line] = field(default_factory=list)
    buttons: list[Point] = field(default_factory=list)


def mirror(right: Line) -> Line:
    """Close a symmetric outline from its right half, given as offsets from the middle, top to bottom."""
    left = [(128 - x, y) for x, y in reversed(right)]
    return [(128 + x, y) for x, y in right] + left


def band(half_top: float, y_top: float, half_bottom: float, y_bottom: float) -> Line:
    """A symmetric band across the middle, such as a belt or a hem."""
    return mirror([(half_top, y_top), (half_bottom, y_bottom)])


def _fit(rng: random.Random, short: float, long: float) -> float:
    """One of two lengths, and no more: what little there is to choose, so small a model learns sharp."""
    return rng.choice((short, long))


def _dress(rng: random.Random) -> Cut:
    hem, flare = _fit(rng, 198, 214), 66
    neck: Line = [(10, 68), (18, 38), (36, 40), (33, 66), (38, 78), (27, 112)]
    body = mirror([*neck, (flare, hem), (flare * 0.45, hem + 8)])
    folds = [[(128 + s * 14, 140), (128 + s * flare * 0.45, hem - 12)] for s in (-1, 1)]
    return Cut([body], (128, 160), trims=[band(28, 108, 30, 121)], seams=folds)


def _tee(rng: random.Random) -> Cut:
    hem, reach = _fit(rng, 190, 206), 88
    right: Line = [
        (9, 68),
        (24, 54),
        (44, 58),
        (reach, 92),
        (reach - 20, 120),
        (52, 104),
        (52, hem),
    ]
    collar: Line = [(102, 54), (112, 70), (128, 76), (144, 70), (154, 54)]
    cuffs: list[Line] = [
        [
            (128 + s * (reach - 7), 86),
            (128 + s * reach, 92),
            (128 + s * (reach - 20), 120),
            (128 + s * (reach - 29), 114),
        ]
        for s in (-1, 1)
    ]
    return Cut([mirror(right)], (128, 136), trims=cuffs, seams=[collar])


def _sweater(rng: random.Random) -> Cut:
    hem, cuff = _fit(rng, 176, 192), 172
    right: Line = [
        (20, 52),
        (44, 56),
        (70, 80),
        (92, cuff - 4),
        (68, cuff + 4),
        (54, 116),
        (54, hem),
    ]
    trims = [band(54, hem - 14, 52, hem + 2), mirror([(24, 44), (22, 58), (10, 66)])]
    trims += [
        [
            (128 + s * 91, cuff - 8),
            (128 + s * 94, cuff + 6),
            (128 + s * 68, cuff + 14),
            (128 + s * 64, cuff - 1),
        ]
        for s in (-1, 1)
    ]
    return Cut([mirror(right)], (128, 120), trims=trims)


def _coat(rng: random.Random) -> Cut:
    hem, flare = _fit(rng, 208, 220), 62
    right: Line = [(18, 36), (42, 44), (64, 66), (84, 154), (62, 162), (48, 100), (44, 124)]
    body = mirror([*right, (flare, hem), (0, hem)])
    lapels: list[Line] = [
        [(128 + s * 22, 34), (128 + s * 4, 48), (128, 92), (128 + s * 26, 74)] for s in (-1, 1)
    ]
    buttons: list[Point] = [(142, 120), (142, 146), (142, 172)]
    front: Line = [(128, 92), (128, hem - 4)]
    return Cut([body], (128, 144), trims=lapels, seams=[front], buttons=buttons)


def _trousers(rng: random.Random) -> Cut:
    hem, wide = _fit(rng, 202, 218), 51.5
    right: Line = [(40, 40), (50, 88), (wide, hem), (wide - 34, hem), (3, 106)]
    pockets: list[Line] = [
        [(128 + s * 24, 58), (128 + s * 34, 72), (128 + s * 44, 74)] for s in (-1, 1)
    ]
    fly: Line = [(128, 56), (128, 100)]
    return Cut([mirror(right)], (128, 88), trims=[band(41, 36, 43, 53)], seams=[*pockets, fly])


def _skirt(rng: random.Random) -> Cut:
    hem, flare = _fit(rng, 176, 198), 79
    body = mirror([(38, 66), (flare, hem), (flare * 0.5, hem + 8)])
    pleats = [[(128 + s * 16, 92), (128 + s * flare * 0.42, hem - 10)] for s in (-1, 1)]
    return Cut([body], (128, 144), trims=[band(37, 60, 43, 78)], seams=pleats)


def _hat(rng: random.Random) -> Cut:
    top, brim = _fit(rng, 64, 80), 97
    crown = mirror([(10, top + 4), (34, top), (50, top + 16), (58, 160)])
    edge: Line = [(brim - 12, 154), (brim, 164), (brim - 14, 176), (50, 186)]
    return Cut([mirror([(54, 156), *edge]), crown], (128, 112), trims=[band(56, 142, 60, 164)])


def _bag(rng: random.Random) -> Cut:
    rise, wide = _fit(rng, 44, 60), 73
    body = mirror([(wide - 8, 104), (wide, 196), (wide - 6, 204)])
    handle: Line = [(92, 106), (94, 76), (106, rise + 6), (128, rise), (150, rise + 6)]
    handle += [(162, 76), (164, 106)]
    return Cut([body], (128, 160), trims=[band(wide - 8, 100, wide - 6, 122)], handles=[handle])


def _boot(rng: random.Random) -> Cut:
    top, toe = _fit(rng, 48, 66), 193
    body: Line = [(86, top), (142, top), (142, 128), (156, 146), (toe - 10, 156), (toe, 174)]
    body += [(toe, 188), (84, 188)]
    sole: Line = [(82, 184), (toe + 4, 184), (toe + 2, 198), (118, 198), (114, 208), (82, 208)]
    cuff: Line = [(83, top - 4), (145, top - 4), (145, top + 14), (83, top + 14)]
    return Cut([body], (120, 120), trims=[sole, cuff])


CUTTERS: Final[dict[str, Callable[[random.Random], Cut]]] = {
    "dress": _dress,
    "tee": _tee,
    "sweater": _sweater,
    "coat": _coat,
    "trousers": _trousers,
    "skirt": _skirt,
    "hat": _hat,
    "bag": _bag,
    "boot": _boot,
}

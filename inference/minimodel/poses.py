"""Puts a garment where no plain training picture has it: moved, mirrored, stretched, bent, in other proportions.

The bundled model learned every garment in one place and two lengths; what a drawn shape asks for must differ from
that, or a ControlNet would have nothing to learn that the prompt does not say. Knows points, not pictures.
"""

import math
import random
from collections.abc import Callable
from typing import Final

from inference.minimodel.drawing import CANVAS
from inference.minimodel.garments import Cut, Line, Point

Warp = Callable[[Point], Point]

_MARGIN: Final = 24
_LARGEST: Final = CANVAS - 2 * _MARGIN
_SPACING: Final = 24


def posed(cut: Cut, rng: random.Random) -> Cut:
    """The cut, in canvas pixels, in a pose of its own; whole inside the picture."""
    bent = moved(dense(cut), _bend(bounds(cut), rng))
    return moved(bent, _place(bounds(bent), rng))


def wobbled(cut: Cut, rng: random.Random, reach: float) -> Cut:
    """The cut as an unsteady hand would follow it, off by about `reach` canvas pixels, smoothly."""
    waves = [
        (rng.uniform(0.012, 0.06), rng.uniform(0.012, 0.06), rng.uniform(0, math.tau), turn)
        for turn in (0, 1, 0, 1)
    ]

    def warp(point: Point) -> Point:
        off = [0.0, 0.0]
        for across, down, phase, axis in waves:
            off[axis] += reach * math.sin(across * point[0] + down * point[1] + phase)
        return point[0] + off[0], point[1] + off[1]

    return moved(dense(cut), warp)


def bounds(cut: Cut) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of everything that is drawn of a cut."""
    points = [point for line in (*cut.body, *cut.trims, *cut.handles) for point in line]
    across, down = [x for x, _ in points], [y for _, y in points]
    return min(across), min(down), max(across), max(down)


def moved(cut: Cut, warp: Warp) -> Cut:
    """The cut with every point where `warp` puts it."""

    def every(lines: list[Line]) -> list[Line]:
        return [[warp(point) for point in line] for line in lines]

    return Cut(
        body=every(cut.body),
        badge=warp(cut.badge),
        trims=every(cut.trims),
        seams=every(cut.seams),
        handles=every(cut.handles),
        buttons=[warp(point) for point in cut.buttons],
    )


def dense(cut: Cut) -> Cut:
    """The same cut with points close enough together that its edges can bend.

    Handles keep their points: `drawing` tells their sides from their top by them.
    """
    return Cut(
        body=[_closely(line, closed=True) for line in cut.body],
        badge=cut.badge,
        trims=[_closely(line, closed=True) for line in cut.trims],
        seams=[_closely(line, closed=False) for line in cut.seams],
        handles=cut.handles,
        buttons=cut.buttons,
    )


def _closely(line: Line, *, closed: bool) -> Line:
    ends = [*line[1:], line[0]] if closed else line[1:]
    points: Line = []
    for (x0, y0), (x1, y1) in zip(line, ends, strict=closed):
        pieces = max(1, round(math.hypot(x1 - x0, y1 - y0) / _SPACING))
        points += [
            (x0 + (x1 - x0) * k / pieces, y0 + (y1 - y0) * k / pieces) for k in range(pieces)
        ]
    return points if closed else [*points, line[-1]]


def _bend(box: tuple[float, float, float, float], rng: random.Random) -> Warp:
    """Mirror, shift proportions, taper, lean and bow within the cut's own box; then scale and turn a little."""
    left, top, right, bottom = box
    middle = (left + right) / 2, (top + bottom) / 2
    half = (right - left) / 2, (bottom - top) / 2
    side = rng.choice((-1, 1))
    lift, taper = rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)
    lean, bow = rng.uniform(-0.16, 0.16), rng.uniform(-0.14, 0.14)
    wide, tall = rng.uniform(0.68, 1.28), rng.uniform(0.68, 1.28)
    turn = math.radians(rng.triangular(-14, 14))
    cosine, sine = math.cos(turn), math.sin(turn)

    def warp(point: Point) -> Point:
        u = side * (point[0] - middle[0]) / half[0]
        v = (point[1] - middle[1]) / half[1]
        u, v = u * (1 + taper * v) + lean * v + bow * (1 - v * v), v + lift * (1 - v * v)
        x, y = u * half[0] * wide, v * half[1] * tall
        return x * cosine - y * sine, x * sine + y * cosine

    return warp


def _place(box: tuple[float, float, float, float], rng: random.Random) -> Warp:
    """Anywhere inside the picture's margin, made smaller if that is what it takes."""
    left, top, right, bottom = box
    shrink = min(1.0, _LARGEST / (right - left), _LARGEST / (bottom - top))
    across = _MARGIN + (_LARGEST - (right - left) * shrink) * rng.random()
    down = _MARGIN + (_LARGEST - (bottom - top) * shrink) * rng.random()
    return lambda point: (across + (point[0] - left) * shrink, down + (point[1] - top) * shrink)

"""Finds the edges in a picture, white on black: Canny 1986, A Computational Approach to Edge Detection.

    blurred → how steep, and which way → only where it is steepest → what is steep enough, and what is joined to it

Steepness is that of the colour that changes most, so that red beside green of the same brightness is an edge too.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

# Steepness as 3 × 3 Sobel filters tell it of levels 0 to 255. After the blur, a step between two areas of 50 levels
# comes to 124 and begins a line; one of 25 continues it.
BEGINS: Final = 124.0
CONTINUES: Final = 62.0
_BLUR: Final = 1.0
_NEIGHBOURS: Final = ((0, 1), (1, 1), (1, 0), (1, -1))

Levels: TypeAlias = npt.NDArray[np.float32]
Marks: TypeAlias = npt.NDArray[np.bool_]


def edges_of(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the edges of `pixels` [h, w, colours] as [h, w], 255 on an edge and 0 elsewhere."""
    across, down = _gradients(_blurred(pixels.astype(np.float32)))
    steep = np.hypot(across, down)
    thin = np.where(_is_crest(steep, across, down), steep, 0.0)
    return np.where(joined(thin >= CONTINUES, thin >= BEGINS), 255, 0).astype(np.uint8)


def _blurred(levels: Levels) -> Levels:
    reach = round(3 * _BLUR)
    places: Levels = np.arange(-reach, reach + 1, dtype=np.float32)
    weights = np.exp(-(places**2) / (2 * _BLUR**2))
    weights /= weights.sum()
    for axis in (0, 1):
        beyond = [(reach, reach) if axis == side else (0, 0) for side in range(levels.ndim)]
        wide, length = np.pad(levels, beyond, mode="edge"), levels.shape[axis]
        parts = (
            weight * wide.take(range(place, place + length), axis)
            for place, weight in enumerate(weights)
        )
        levels = np.sum(list(parts), axis=0, dtype=np.float32)
    return levels


def _gradients(levels: Levels) -> tuple[Levels, Levels]:
    """Return how steep it is to the right and downwards, of the colour in which it is steepest."""
    wide = np.pad(levels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    columns = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    across, down = rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2]
    most = np.argmax(across**2 + down**2, axis=2)[..., None]
    return np.take_along_axis(across, most, 2)[..., 0], np.take_along_axis(down, most, 2)[..., 0]


def _is_crest(steep: Levels, across: Levels, down: Levels) -> Marks:
    """Return where it is steeper than on both sides, looking the way it rises; of two alike, the second is taken."""
    height, width = steep.shape
    wide = np.pad(steep, 1)
    turns = np.rint(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    crest = np.zeros(steep.shape, bool)
    for turn, (y, x) in enumerate(_NEIGHBOURS):
        ahead = wide[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = wide[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        crest |= (turns == turn) & (steep > ahead) & (steep >= behind)
    return crest


def joined(marks: Marks, begun: Marks) -> Marks:
    """Return the `marks` that hang together with one that is `begun` too, corner to corner or side to side.

    Places that touch are given one root by pointer jumping: the rounds grow with the logarithm of the longest line,
    so that a picture drawn to be slow is not.
    """
    number = np.full(marks.shape, -1)
    number[marks] = np.arange(np.count_nonzero(marks))
    ones, others = (np.concatenate(ends) for ends in zip(*_touching(number), strict=True))
    root = np.arange(np.count_nonzero(marks))
    while not np.array_equal(root[ones], root[others]):
        low, high = np.minimum(root[ones], root[others]), np.maximum(root[ones], root[others])
        np.minimum.at(root, high, low)
        while not np.array_equal(root, root[root]):
            root = root[root]
    kept: Marks = np.zeros(root.shape, bool)
    kept[root[begun[marks]]] = True
    found = np.zeros(marks.shape, bool)
    found[marks] = kept[root]
    return found


def _touching(number: npt.NDArray[np.int64]) -> list[tuple[npt.NDArray[np.int64], ...]]:
    """Return the numbers of the marks that touch, one list of pairs for each way to touch."""
    height, width = number.shape
    pairs = []
    for y, x in _NEIGHBOURS:
        here = number[: height - y, max(0, -x) : width - max(0, x)]
        there = number[y:, max(0, x) : width - max(0, -x)]
        both = (here >= 0) & (there >= 0)
        pairs.append((here[both], there[both]))
    return pairs

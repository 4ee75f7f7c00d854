"""Edges are where Canny says they are: one pixel wide, in place, joined, and not where there is only noise."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from inference.controls.edges import edges_of, joined

SIDE = 64
Pixels = np.ndarray[Any, Any]


def flat(level: int = 40) -> Pixels:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def square(height: int, inside: slice = slice(16, 48)) -> Pixels:
    picture = flat()
    picture[inside, inside] += np.uint8(height)
    return picture


def lines(picture: Pixels) -> Pixels:
    found: Pixels = edges_of(picture)
    assert found.shape == picture.shape[:2]
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {0, 255}
    return np.asarray(found > 0)


def test_a_square_has_its_four_sides_and_each_is_one_pixel_wide() -> None:
    found = lines(square(120))
    rows, columns = np.nonzero(found)
    for places in (rows, columns):
        assert 15 <= places.min() <= 16
        assert 47 <= places.max() <= 48
    inner = slice(22, 42)  # away from the corners
    assert (found[inner].sum(axis=1) == 2).all()
    assert (found[:, inner].sum(axis=0) == 2).all()
    assert not found[20:44, 20:44].any()


@pytest.mark.parametrize("turn", range(4))
def test_which_way_it_is_turned_makes_no_difference_to_what_is_found(turn: int) -> None:
    picture = square(120)
    picture[30:, 20:24] = 200
    one, other = lines(np.rot90(picture, turn).copy()), np.rot90(lines(picture), turn)
    near = np.zeros_like(other)
    for y in (-1, 0, 1):
        for x in (-1, 0, 1):
            near |= np.roll(other, (y, x), (0, 1))
    assert (one & ~near).sum() == 0
    assert abs(int(one.sum()) - int(other.sum())) <= 8


def test_slanted_edges_have_no_gaps() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    rising = np.where(3 * x + 2 * y > 160, 200, 30).astype(np.uint8)
    picture = np.stack([rising] * 3, axis=2)
    found = lines(picture)
    assert (found.max(axis=1)[4:-4] > 0).all()
    assert found.sum(axis=1).max() <= 3


def test_red_beside_green_of_the_same_brightness_is_an_edge() -> None:
    picture: Pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[:, :32], picture[:, 32:] = (200, 0, 0), (0, 102, 0)  # alike in luma
    assert (lines(picture)[8:-8].sum(axis=1) == 1).all()


def test_noise_and_slow_slopes_are_none() -> None:
    noise = np.random.default_rng(0).normal(120, 6, (SIDE, SIDE, 3)).clip(0, 255).astype(np.uint8)
    slope = np.broadcast_to(np.arange(SIDE, dtype=np.uint8)[None, :, None] * 3, (SIDE, SIDE, 3))
    assert not lines(noise).any()
    assert not lines(slope.copy()).any()
    assert not lines(flat()).any()


def test_a_weak_edge_counts_where_it_goes_on_from_a_strong_one() -> None:
    """A step of 32 levels is none by itself; one that grows from 32 to 120 is an edge from end to end."""
    weak, growing = flat(), flat()
    weak[32:] += np.uint8(32)
    growing[32:] += np.linspace(32, 120, SIDE).astype(np.uint8)[None, :, None]
    assert not lines(weak).any()
    assert (lines(growing)[30:34].sum(axis=0) == 1).all()
    apart = weak.copy()
    apart[4:10, 4:10] = 160
    assert lines(apart)[:14, :14].any()
    assert not lines(apart)[28:36].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (3, 5)])
def test_small_pictures_are_fine(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    assert lines(picture).shape == shape


def test_a_line_that_winds_through_all_of_a_large_picture_takes_no_time() -> None:
    """Two lines of 170,000 pixels each, side by side; one of them is strong at its very end."""
    half: Pixels = np.zeros((1024, 511), bool)
    half[::3] = True
    for turn, y in enumerate(range(0, len(half) - 3, 3)):
        half[y : y + 3, -1 if turn % 2 else 0] = True
    marks = np.hstack([half, np.zeros((1024, 2), bool), half])
    begun = np.zeros_like(marks)
    begun[-1, 0] = begun[500, 511] = True  # the other lies between the two, where nothing is marked
    began = time.perf_counter()
    found = joined(marks, begun & marks)
    assert time.perf_counter() - began < 5
    assert np.array_equal(found[:, :511], half)
    assert not found[:, 511:].any()


def test_what_touches_at_a_corner_hangs_together() -> None:
    marks: Pixels = np.zeros((9, 9), bool)
    marks[range(9), range(9)] = True
    marks[0, 8] = marks[8, 0] = True
    begun = np.zeros_like(marks)
    begun[8, 8] = True
    assert np.array_equal(joined(marks, begun), np.eye(9, dtype=bool))

"""Directions as text and as codes: what is alike shares bands, as often as arithmetic says."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.likeness.codes import (
    BANDS,
    BITS,
    LONGEST,
    bands_of,
    direction_of,
    kept,
    likeness,
    read_direction,
)

WIDTH = 96
TRIALS = 400


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def pair_at(cosine: float, source: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two unit vectors with that cosine between them."""
    first = unit(source.standard_normal(WIDTH))
    away = source.standard_normal(WIDTH)
    away = unit(away - (away @ first) * first)
    return first, unit(cosine * first + np.sqrt(1 - cosine**2) * away)


class TestReading:
    @given(st.text(max_size=200))
    def test_never_raises(self, written: str) -> None:
        read_direction(written)

    @pytest.mark.parametrize(
        "vector",
        [np.zeros(4), np.array([1.0, np.nan]), np.array([np.inf, 0.0]), np.ones(LONGEST + 1)],
        ids=["zero", "nan", "infinite", "too long"],
    )
    def test_takes_nothing_that_points_nowhere(self, vector: np.ndarray) -> None:
        assert read_direction(b64encode(vector.astype("<f2").tobytes()).decode()) is None

    @pytest.mark.parametrize("data", [b"", b"\0"])
    def test_takes_nothing_that_is_no_row_of_numbers(self, data: bytes) -> None:
        assert direction_of(data) is None

    def test_comes_back_as_it_was_kept(self) -> None:
        direction = unit(np.random.default_rng(1).standard_normal(WIDTH))
        again = direction_of(kept(direction))
        assert again is not None
        assert float(again @ direction) == pytest.approx(1.0, abs=1e-3)


class TestBands:
    def test_are_the_same_in_every_process_for_ever(self) -> None:
        # What is stored was made by these planes; other ones would find nothing of it.
        assert bands_of(unit(np.arange(1, 9))) == (545, 352, 888, 643, 374, 147, 781, 963)

    def test_fit_their_columns(self) -> None:
        bands = bands_of(unit(np.random.default_rng(2).standard_normal(WIDTH)))
        assert len(bands) == BANDS
        assert all(0 <= band < 2**BITS <= 32767 for band in bands)

    @pytest.mark.parametrize(("cosine", "expected"), [(0.98, 0.997), (0.95, 0.966), (0.8, 0.57)])
    def test_are_shared_by_what_is_alike(self, cosine: float, expected: float) -> None:
        source = np.random.default_rng(3)
        shared = 0
        for _ in range(TRIALS):
            one, other = pair_at(cosine, source)
            shared += any(a == b for a, b in zip(bands_of(one), bands_of(other), strict=True))
        assert shared / TRIALS == pytest.approx(expected, abs=0.06)


def test_likeness_is_the_cosine() -> None:
    one, other = pair_at(0.7, np.random.default_rng(4))
    assert likeness(one, np.stack([one, other, -one])) == pytest.approx([1, 0.7, -1], abs=1e-5)

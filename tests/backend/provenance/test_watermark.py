"""What is hidden in pictures is found again after what happens to pictures, and nothing is found where there is nothing."""

from __future__ import annotations

from functools import lru_cache
from itertools import cycle

import numpy as np
import pytest

from backend.provenance.watermark import LEAST_PX, Pixels, find, fits, hide
from tests.backend.provenance.attacks import ATTACKS, cut, stored
from tests.backend.provenance.measure_watermark import psnr, ssim
from tests.backend.provenance.pictures import KINDS, picture

KEY = b"a key"
OTHER = b"another key"
LOOKUP = 0xA1B2C3D4
SIDE = 512
SQUARE = (SIDE, SIDE)
SMALL = (LEAST_PX, LEAST_PX)


@lru_cache
def _plain(kind: str) -> Pixels:
    return picture(kind, 2, SQUARE)


@lru_cache
def _marked(kind: str) -> Pixels:
    return hide(_plain(kind), LOOKUP, KEY)


def _read(pixels: Pixels, *keys: bytes) -> int | None:
    got = find(pixels, keys or [KEY])
    return got.lookup if got else None


class TestHide:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_hardly_seen(self, kind: str) -> None:
        assert psnr(_plain(kind), _marked(kind)) >= 39
        assert ssim(_plain(kind), _marked(kind)) >= 0.97

    def test_gives_the_same_pixels_each_time_and_leaves_its_own_alone(self) -> None:
        pixels = _plain("photograph")
        before = pixels.copy()
        first, second = hide(pixels, LOOKUP, KEY), hide(pixels, LOOKUP, KEY)
        assert np.array_equal(first, second)
        assert np.array_equal(pixels, before)
        assert (first.shape, first.dtype) == (pixels.shape, np.uint8)

    def test_leaves_grey_pictures_grey(self) -> None:
        grey = _plain("cloth")[..., :1].repeat(3, axis=2)
        marked = hide(grey, LOOKUP, KEY)
        assert _read(marked) == LOOKUP
        assert np.array_equal(marked[..., 0], marked[..., 1])
        assert np.array_equal(marked[..., 0], marked[..., 2])

    @pytest.mark.parametrize("lookup", [0, 1, 2**31, 2**32 - 1])
    def test_hides_every_number_of_32_bits(self, lookup: int) -> None:
        assert _read(hide(_plain("flat"), lookup, KEY)) == lookup

    @pytest.mark.parametrize("lookup", [-1, 2**32])
    def test_refuses_others(self, lookup: int) -> None:
        with pytest.raises(ValueError, match=f"0 to 4294967295.*not {lookup}"):
            hide(_plain("flat"), lookup, KEY)

    def test_returns_what_is_too_small_as_it_is(self) -> None:
        pixels = picture("photograph", 1, (SIDE, LEAST_PX - 1))
        assert np.array_equal(hide(pixels, LOOKUP, KEY), pixels)
        assert not fits(SIDE, LEAST_PX - 1)
        assert fits(*SMALL)

    @pytest.mark.parametrize("level", [0, 128, 255])
    def test_marks_paper_without_anything_on_it(self, level: int) -> None:
        empty: Pixels = np.full((SIDE, SIDE, 3), level, np.uint8)
        assert _read(stored(hide(empty, LOOKUP, KEY), "JPEG", 75)) == LOOKUP


class TestFind:
    @pytest.mark.parametrize(("attack", "kind"), list(zip(ATTACKS, cycle(KINDS), strict=False)))
    def test_reads_after(self, attack: str, kind: str) -> None:
        assert _read(ATTACKS[attack](_marked(kind))) == LOOKUP

    @pytest.mark.parametrize(
        "attack", ["JPEG 75", "WebP 80", "half size", "20 % cut off two sides"]
    )
    def test_reads_from_white_paper_after(self, attack: str) -> None:
        assert _read(ATTACKS[attack](_marked("outline"))) == LOOKUP

    @pytest.mark.parametrize("kind", KINDS)
    def test_reads_a_small_one_after_jpeg(self, kind: str) -> None:
        marked = hide(picture(kind, 3, SMALL), LOOKUP, KEY)
        assert _read(stored(marked, "JPEG", 90)) == LOOKUP

    @pytest.mark.parametrize("size", [(768, 256), (256, 768), (600, 400), (1000, 1536)])
    def test_reads_every_shape(self, size: tuple[int, int]) -> None:
        marked = hide(picture("wash", 4, size), LOOKUP, KEY)
        assert _read(stored(marked, "JPEG", 75)) == LOOKUP

    @pytest.mark.parametrize("kind", KINDS)
    def test_finds_nothing_where_nothing_is(self, kind: str) -> None:
        assert find(_plain(kind), [KEY, OTHER]) is None
        assert find(_marked(kind), [OTHER]) is None

    def test_finds_nothing_on_empty_paper_and_in_tiny_pictures(self) -> None:
        assert find(np.full((SIDE, SIDE, 3), 255, np.uint8), [KEY]) is None
        assert find(np.zeros((1, 9, 3), np.uint8), [KEY]) is None
        assert find(_plain("flat"), []) is None

    def test_tries_each_key_of_a_ring(self) -> None:
        marked = hide(_plain("flat"), LOOKUP, OTHER)
        assert _read(marked, KEY, OTHER) == LOOKUP
        assert _read(cut(marked, 0.1, 0.1, 0.9, 0.9), KEY, OTHER) == LOOKUP

    def test_is_less_sure_the_more_was_lost(self) -> None:
        marked = _marked("outline")
        whole, poor = find(marked, [KEY]), find(stored(marked, "WEBP", 60), [KEY])
        assert whole is not None
        assert 0.99 < whole.confidence <= 1
        assert poor is None or 0.5 <= poor.confidence < whole.confidence


class TestAgain:
    """A picture drawn over a marked one holds the old mark too: the new one is what counts."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_new_number_is_read(self, kind: str) -> None:
        new = hide(_marked(kind), 7, KEY)
        assert _read(new) == 7
        assert _read(stored(new, "JPEG", 75)) == 7

    def test_the_newest_of_many_is_read_and_they_do_not_pile_up(self) -> None:
        marked = _plain("photograph")
        for lookup in range(5):
            marked = hide(marked, lookup, KEY)
        assert _read(marked) == 4
        assert psnr(_plain("photograph"), marked) >= 39

    def test_hiding_the_same_again_changes_little(self) -> None:
        marked = _marked("photograph")
        again = hide(marked, LOOKUP, KEY)
        assert np.abs(marked.astype(np.int16) - again).max() <= 1

    def test_in_a_larger_picture_around_the_old_one(self) -> None:
        larger = picture("wash", 6, (640, 640)).copy()
        larger[64:576, 64:576] = hide(_plain("flat"), 7, KEY)
        new = hide(larger, LOOKUP, KEY)
        assert _read(new) == LOOKUP
        assert _read(stored(new, "JPEG", 75)) == LOOKUP

    def test_a_newer_key_goes_before_an_older_one(self) -> None:
        old = hide(_plain("cloth"), 7, OTHER)
        assert _read(hide(old, LOOKUP, KEY), KEY, OTHER) == LOOKUP

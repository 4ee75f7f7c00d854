"""Pictures laid on what is drawn and put back: which pixels are whose, to the last one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inference.protocol import AROUND_THE_MASK, GenerationParameters, InvalidParameters, Pictures
from inference.stages.easel import Easel, around, lay

WIDE: np.ndarray = np.zeros((80, 160, 3), np.uint8)
WIDE[:, :80] = (200, 0, 0)
WIDE[:, 80:] = (0, 0, 200)
DOT: np.ndarray = np.zeros((80, 160), np.uint8)
DOT[20:40, 90:110] = 255


def file_of(pixels: np.ndarray | Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    written = BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(written, kind, **more)
    return written.getvalue()


def laid(picture: np.ndarray | bytes = WIDE, mask: np.ndarray | None = None, **given: Any) -> Easel:
    named = {"init_image": "p"} | ({} if mask is None else {"mask": "m"})
    settings = {"prompt": "x", "width": 64, "height": 64, "mask_blur": 0, **named, **given}
    file = picture if isinstance(picture, bytes) else file_of(picture)
    easel = lay(
        GenerationParameters.model_validate(settings),
        Pictures(init_image=file, mask=None if mask is None else file_of(mask)),
    )
    assert easel is not None
    return easel


def finished(easel: Easel, shade: int = 99) -> np.ndarray:
    """The image if everything that was drawn had one shade."""
    height, width = easel.pixels.shape[1:]
    drawn = torch.full((3, height, width), shade, dtype=torch.uint8)
    return easel.finished(drawn).permute(1, 2, 0).numpy()


def at(easel: Easel, x: int, y: int) -> tuple[int, ...]:
    return tuple(easel.pixels[:, y, x].tolist())


class TestFits:
    def test_by_cutting_off_what_is_too_wide(self) -> None:
        easel = laid(fit="crop")
        assert (at(easel, 2, 32), at(easel, 61, 32)) == ((200, 0, 0), (0, 0, 200))

    def test_by_stretching(self) -> None:
        easel = laid(fit="stretch")
        assert (at(easel, 0, 0), at(easel, 63, 63)) == ((200, 0, 0), (0, 0, 200))

    def test_by_continuing_the_edges(self) -> None:
        easel = laid(fit="pad")
        assert easel.pixels.shape == (3, 64, 64)
        assert at(easel, 2, 2) == at(easel, 2, 32) == (200, 0, 0)

    @pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
    def test_the_mask_lies_where_the_picture_does(self, fit: str) -> None:
        marked = WIDE.copy()
        marked[DOT > 0] = 255
        easel = laid(marked, DOT, fit=fit)
        assert easel.masked is not None
        white = (easel.pixels[0] > 128) & (easel.pixels[1] > 128)
        masked = easel.masked[0] > 128
        assert int((white ^ masked).sum()) <= 0.25 * int(masked.sum())
        assert int(masked.sum()) > 0

    def test_a_file_of_that_size_is_taken_as_it_is(self) -> None:
        noise: np.ndarray = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        assert np.array_equal(laid(noise).pixels.permute(1, 2, 0).numpy(), noise)

    def test_clear_parts_are_white_and_turned_ones_upright(self) -> None:
        clear = Image.new("RGBA", (64, 64), (10, 20, 30, 0))
        assert at(laid(file_of(clear)), 5, 5) == (255, 255, 255)
        exif = Image.Exif()
        exif[0x0112] = 6  # a camera that was held on its side
        turned = laid(file_of(Image.fromarray(WIDE), "JPEG", exif=exif, quality=95), fit="stretch")
        assert at(turned, 32, 2)[0] > 150
        assert at(turned, 32, 61)[2] > 150


class TestKeeps:
    def test_nothing_without_a_mask(self) -> None:
        assert (finished(laid()) == 99).all()

    def test_what_the_mask_leaves(self) -> None:
        image = finished(laid(mask=DOT, fit="crop", width=160, height=80))
        assert np.array_equal(image[DOT == 0], WIDE[DOT == 0])
        assert (image[DOT > 0] == 99).all()

    def test_mixes_at_a_soft_edge(self) -> None:
        image = finished(laid(mask=DOT, mask_blur=3, width=160, height=80))
        assert 0 < image[30, 89, 0] < 99
        assert image[30, 89, 2] > 99
        assert np.array_equal(image[:, :60], WIDE[:, :60])

    def test_what_grey_says_is_mixed(self) -> None:
        half: np.ndarray = np.full((80, 160), 128, np.uint8)
        image = finished(laid(mask=half, width=160, height=80))
        assert image[0, 0].tolist() == [149, 50, 50]

    @pytest.mark.parametrize("blur", [0, 8])
    def test_all_but_the_close_up_of_the_masked_area(self, blur: int) -> None:
        easel = laid(mask=DOT, masked_area="masked", mask_blur=blur)
        assert easel.pixels.shape == (3, 64, 64)
        image = finished(easel)
        assert image.shape == WIDE.shape
        far = np.ones_like(DOT, dtype=bool)
        far[0:80, 50:150] = False
        assert np.array_equal(image[far], WIDE[far])
        assert image[30, 100].tolist() == [99, 99, 99] if blur == 0 else image[30, 100, 0] > 20

    def test_the_picture_inside_its_margins(self) -> None:
        margins = {"left": 16, "top": 8, "right": 8, "bottom": 16}
        easel = laid(width=184, height=104, outpaint=margins)
        image = finished(easel)
        assert np.array_equal(image[8:88, 16:176], WIDE)
        outside: np.ndarray = np.ones((104, 184), bool)
        outside[8:88, 16:176] = False
        assert (image[outside] == 99).all()
        assert at(easel, 0, 30)[0] > 100, "begins from what the edge shows"

    def test_a_hole_and_its_margins_together(self) -> None:
        image = finished(laid(mask=DOT, width=176, height=80, outpaint={"right": 16}))
        assert np.array_equal(image[:, :160][DOT == 0], WIDE[DOT == 0])
        assert (image[:, 160:] == 99).all()
        assert (image[:, :160][DOT > 0] == 99).all()


class TestRefuses:
    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
    def test_other_kinds_of_files(self, kind: str) -> None:
        with pytest.raises(InvalidParameters, match="send a PNG, JPEG or WebP file"):
            laid(file_of(WIDE, kind))

    @given(st.binary(min_size=1, max_size=300))
    def test_what_is_no_file_at_all(self, noise: bytes) -> None:
        with pytest.raises(InvalidParameters, match=r"pictures\.init_image"):
            laid(noise)

    @pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
    def test_half_a_file(self, cut: float) -> None:
        noise: np.ndarray = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        whole = file_of(noise)
        with pytest.raises(InvalidParameters, match=r"pictures\.init_image"):
            laid(whole[: int(len(whole) * cut)])

    def test_a_mask_without_white(self) -> None:
        with pytest.raises(InvalidParameters, match="invert_mask"):
            laid(mask=np.full((80, 160), 255, np.uint8), invert_mask=True)


@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    st.tuples(st.integers(64, 1024), st.integers(64, 1024)),
    st.data(),
)
def test_the_box_around_a_mask_holds_it_and_stays_inside(
    whole: tuple[int, int], shape: tuple[int, int], data: st.DataObject
) -> None:
    left, top = (data.draw(st.integers(0, side - 1)) for side in whole)
    right = data.draw(st.integers(left + 1, whole[0]))
    bottom = data.draw(st.integers(top + 1, whole[1]))
    box = around((left, top, right, bottom), shape, whole)
    assert 0 <= box[0] <= left < right <= box[2] <= whole[0]
    assert 0 <= box[1] <= top < bottom <= box[3] <= whole[1]
    wide, high = box[2] - box[0], box[3] - box[1]
    roomy = wide < whole[0] and high < whole[1]
    assert not roomy or abs(wide / high - shape[0] / shape[1]) <= 2 / min(wide, high) * max(
        1, shape[0] / shape[1]
    )
    assert wide >= min(whole[0], right - left + AROUND_THE_MASK)

"""What a ControlNet is shown of a picture: fitted, prepared, where it lies, and refused in words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.controls.seeing import seen
from inference.protocol import Fit, GenerationParameters, InvalidParameters, Pictures
from inference.stages.easel import lay
from tests.fixtures.controls import png, scribble

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def shown(*pictures: Image.Image | bytes, prepare: str = "none", **given: Any) -> list[np.ndarray]:
    """What the ControlNets see, [height, width, 3] from 0 to 1."""
    uses = [{"name": "one", "image": "x", "prepare": prepare} for _ in pictures]
    parameters = GenerationParameters(
        **{"prompt": "p", "width": 96, "height": 64, "control": uses, **given}
    )
    files = tuple(one if isinstance(one, bytes) else png(one) for one in pictures)
    told = seen(parameters, Pictures(control=files))
    return [one.permute(1, 2, 0).numpy() for one in told]


def field(size: tuple[int, int], colour: tuple[int, ...] = WHITE, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


class TestPreparations:
    def test_none_is_the_picture_in_its_colours(self) -> None:
        picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8))
        (told,) = shown(picture)
        assert told.dtype == np.float32
        assert np.array_equal(told, np.array(picture, np.float32) / 255)

    def test_invert_makes_dark_lines_white(self) -> None:
        drawing = field((96, 64))
        drawing.paste(BLACK, (10, 10, 50, 12))
        (told,) = shown(drawing, prepare="invert")
        assert (told[10:12, 10:50] == 1).all()
        assert told.sum() == 2 * 40 * 3

    def test_edges_are_found_first(self) -> None:
        picture = field((96, 64), (40, 40, 40))
        picture.paste((200, 30, 30), (20, 20, 60, 50))
        (told,) = shown(picture, prepare="edges")
        assert set(np.unique(told)) == {0.0, 1.0}
        assert (told[..., 0] == told[..., 1]).all()
        assert told[25:45, 18:22].any(axis=1).all()
        assert not told[25:45, 25:55].any()

    @pytest.mark.parametrize(("prepare", "line"), [("none", 255), ("invert", 0)])
    def test_what_is_transparent_says_nothing(self, prepare: str, line: int) -> None:
        drawing = field((96, 64), (255, 0, 0, 0), "RGBA")
        drawing.paste((line, line, line, 255), (0, 30, 96, 32))
        (told,) = shown(drawing, prepare=prepare)
        assert (told[30:32] == 1).all()
        assert told.sum() == 2 * 96 * 3

    def test_a_grey_one_and_one_with_a_palette_are_seen_as_colours(self) -> None:
        one, other = shown(field((96, 64), (255,), "L"), field((96, 64)).convert("P"))
        assert (one == 1).all()
        assert (other == 1).all()


class TestFitting:
    @pytest.mark.parametrize(
        ("fit", "sides", "middle"), [("crop", 1.0, 1.0), ("stretch", 1.0, 1.0), ("pad", 0.0, 1.0)]
    )
    def test_is_brought_to_the_size(self, fit: Fit, sides: float, middle: float) -> None:
        (told,) = shown(field((50, 50)), fit=fit)
        assert told.shape == (64, 96, 3)
        assert (told[:, :14] == sides).all()
        assert (told[:, 20:76] == middle).all()

    @pytest.mark.parametrize("prepare", ["invert", "edges"])
    def test_beyond_the_picture_nothing_is_said(self, prepare: str) -> None:
        paper = field((50, 50))
        paper.paste(BLACK, (20, 20, 30, 30))
        (told,) = shown(paper, prepare=prepare, fit="pad")
        assert told.any()
        assert not told[:, :24].any()
        assert not told[:, 72:].any()

    def test_is_turned_upright(self) -> None:
        lying = field((64, 96), BLACK)
        lying.paste(WHITE, (0, 0, 64, 10))
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned clockwise
        written = BytesIO()
        lying.save(written, "PNG", exif=exif)
        (told,) = shown(written.getvalue())
        assert (told[:, -10:] == 1).all()
        assert not told[:, :-10].any()


class TestMaskedArea:
    """Only a part is drawn at full size: a shape lies on all of the picture, and its part is what is seen."""

    def told(self, prepare: str, large: Image.Image, fit: str = "crop") -> np.ndarray:
        whole = field((200, 300), (90, 90, 90))
        mask = field((200, 300), (0,), "L")
        mask.paste(255, (20, 200, 60, 220))
        parameters = GenerationParameters(
            prompt="p", width=96, height=64, init_image="i", mask="m", masked_area="masked", fit=fit,
            control=[{"name": "one", "image": "x", "prepare": prepare}],
        )  # fmt: skip
        pictures = Pictures(init_image=png(whole), mask=png(mask), control=(png(large),))
        easel = lay(parameters, pictures)
        assert easel is not None
        assert easel.region is not None
        (told,) = seen(parameters, pictures, easel.region)
        box = easel.region.box
        wanted = large.resize((200, 300), Image.Resampling.LANCZOS).crop(box)
        self.wanted = np.array(wanted.resize((96, 64), Image.Resampling.LANCZOS), np.float32) / 255
        return told.permute(1, 2, 0).numpy()

    def test_is_cut_as_the_picture_is(self) -> None:
        large = scribble(3, 600).crop((0, 0, 400, 600))
        told = self.told("none", large)
        assert np.abs(told - self.wanted).max() < 0.02
        assert told.std() > 0.05

    def test_is_inverted_in_the_same_place(self) -> None:
        large = scribble(3, 600).crop((0, 0, 400, 600))
        told = self.told("invert", large)
        assert np.abs(told - (1 - self.wanted)).max() < 0.02

    def test_a_border_around_it_is_no_edge(self) -> None:
        assert not self.told("edges", field((200, 100), (250, 250, 250)), "pad").any()


class TestRefusals:
    @pytest.mark.parametrize("file", [b"GIF89a", b"<svg/>", png(scribble(1))[:90]])
    def test_what_is_no_picture_is_told_with_its_place(self, file: bytes) -> None:
        with pytest.raises(InvalidParameters, match=r"pictures\.control\.1 cannot be read as a picture; send a PNG"):  # fmt: skip
            shown(scribble(1), file)

    def test_what_is_too_large_is_too(self) -> None:
        with pytest.raises(InvalidParameters, match=r"pictures\.control\.0 has 6000×6000 pixels; send one"):  # fmt: skip
            shown(field((6000, 6000), (0,), "L"))

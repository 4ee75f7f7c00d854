from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny

from inference.stages.preview import LatentColors, TinyColors, preview
from tests.fixtures.drafts import write_tiny_autoencoder


class TestLatentColors:
    def test_reads_the_models_own_map(self, tmp_path: Path) -> None:
        told = {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], "bias": [0, -1, 0.5]}
        (tmp_path / "preview.json").write_text(json.dumps(told))
        colors = LatentColors.of(tmp_path, 4)
        (picture,) = colors.draw(
            torch.tensor([1.0, 1.0, 0.5, 9.0]).view(1, 4, 1, 1).expand(1, 4, 8, 8)
        )
        assert picture.getpixel((3, 3)) == (255, 128, 255)

    @pytest.mark.parametrize("channels", [4, 16])
    def test_has_a_map_for_models_that_bring_none(self, tmp_path: Path, channels: int) -> None:
        (picture,) = LatentColors.of(tmp_path, channels).draw(torch.randn(1, channels, 8, 8))
        assert picture.mode == "RGB"

    def test_what_is_no_number_is_drawn_grey(self, tmp_path: Path) -> None:
        latents = torch.full((1, 4, 8, 8), float("nan"))
        (picture,) = LatentColors.of(tmp_path, 4).draw(latents)
        assert picture.getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("latents", "size"),
    [((8, 8), (64, 64)), ((32, 32), (64, 64)), ((64, 128), (128, 64)), ((48, 32), (64, 96))],
)
def test_a_preview_is_64_to_128_pixels_long(
    tmp_path: Path, latents: tuple[int, int], size: tuple[int, int]
) -> None:
    shown = preview(LatentColors.of(tmp_path, 4), torch.randn(4, *latents), index=0, step=3)
    assert (shown.width, shown.height) == size
    assert (shown.index, shown.step) == (0, 3)


class Clock:
    """Tells the seconds that a test puts in, one after the other."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = list(seconds)

    def __call__(self) -> float:
        return self._seconds.pop(0)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_tiny_autoencoder(tmp_path_factory.mktemp("tiny") / "vae_tiny")
    return AutoencoderTiny.from_pretrained(folder).eval()


class TestTinyColors:
    @pytest.mark.parametrize(
        ("latents", "size"),
        [((8, 8), (64, 64)), ((32, 32), (128, 128)), ((16, 32), (128, 64)), ((64, 32), (64, 128))],
    )
    def test_its_pictures_are_64_to_128_pixels_long(
        self, tiny: Any, tmp_path: Path, latents: tuple[int, int], size: tuple[int, int]
    ) -> None:
        (picture,) = TinyColors(tiny, LatentColors.of(tmp_path, 4)).draw(
            torch.randn(1, 4, *latents)
        )
        assert picture.size == size

    def test_draws_what_the_autoencoder_decodes(self, tiny: Any, tmp_path: Path) -> None:
        latents = torch.randn(1, 4, 8, 8)
        (picture,) = TinyColors(tiny, LatentColors.of(tmp_path, 4)).draw(latents)
        with torch.inference_mode():
            wanted = tiny.decode(latents).sample[0].clamp(-1, 1).add(1).mul(127.5).round()
        assert np.array_equal(np.asarray(picture), wanted.permute(1, 2, 0).numpy())

    def test_rests_until_it_has_had_its_share_of_the_time(self, tiny: Any, tmp_path: Path) -> None:
        # It begins at 1 s and takes 0.1 s; of a tenth it has had its share until 2 s.
        clock = Clock(1.0, 1.1, 1.9, 2.2, 2.3)
        plain = LatentColors.of(tmp_path, 4)
        colors, latents = TinyColors(tiny, plain, share=0.1, clock=clock), torch.randn(1, 4, 32, 32)
        sizes = [colors.draw(latents)[0].size for _ in range(3)]
        assert sizes == [(128, 128), plain.draw(latents)[0].size, (128, 128)]

    def test_leaves_large_pictures_to_the_plain_colours(self, tiny: Any, tmp_path: Path) -> None:
        plain, latents = LatentColors.of(tmp_path, 4), torch.randn(1, 4, 72, 8)
        (picture,) = TinyColors(tiny, plain).draw(latents)
        assert np.array_equal(np.asarray(picture), np.asarray(plain.draw(latents)[0]))

    def test_what_is_no_number_is_drawn_grey(self, tiny: Any, tmp_path: Path) -> None:
        latents = torch.full((1, 4, 8, 8), float("nan"))
        (picture,) = TinyColors(tiny, LatentColors.of(tmp_path, 4)).draw(latents)
        assert picture.getpixel((0, 0)) == (128, 128, 128)

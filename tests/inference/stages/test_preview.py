from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from inference.stages.preview import LatentColors, preview


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

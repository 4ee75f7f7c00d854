"""Small pictures of latents that are still being denoised: three weights a channel, no VAE."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image

from inference.protocol import Preview

SMALLEST, LARGEST = 64, 128
_QUALITY = 70
_SD_MATRIX = [  # least squares over the latents of Stable Diffusion 1.x, as commonly used
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
]


class LatentColors:
    """A linear map from scaled latents to RGB in [-1, 1]: `matrix` [channels, 3] and `bias` [3]."""

    def __init__(self, matrix: list[list[float]], bias: list[float]) -> None:
        self.matrix = torch.tensor(matrix, dtype=torch.float32)
        self.bias = torch.tensor(bias, dtype=torch.float32)

    @classmethod
    def of(cls, directory: Path, channels: int) -> LatentColors:
        """Read the model's own `preview.json`; without one, use what fits Stable Diffusion."""
        file = directory / "preview.json"
        if file.exists():
            told = json.loads(file.read_text("utf-8"))
            return cls(told["matrix"], told["bias"])
        rows = [_SD_MATRIX[index % len(_SD_MATRIX)] for index in range(channels)]
        return cls(rows, [0.0, 0.0, 0.0])

    def draw(self, latents: torch.Tensor) -> list[Image.Image]:
        """Return one small picture for each of `latents` [n, c, h, w], 64 to 128 pixels a side."""
        flat = latents.detach().float().cpu().movedim(1, -1) @ self.matrix + self.bias
        pixels = ((flat.nan_to_num().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
        return [_enlarged(Image.fromarray(picture)) for picture in pixels]


def preview(colors: LatentColors, latents: torch.Tensor, index: int, step: int) -> Preview:
    """Return the preview event of image `index` after `step` from its clean latents [c, h, w]."""
    (picture,) = colors.draw(latents[None])
    return Preview(
        index=index,
        step=step,
        width=picture.width,
        height=picture.height,
        webp_base64=base64.b64encode(_webp(picture)).decode("ascii"),
    )


def _enlarged(picture: Image.Image) -> Image.Image:
    """Bring the long side to twice the latents', but to no less than 64 and no more than 128."""
    long = max(picture.size)
    factor = min(max(2 * long, SMALLEST), LARGEST) / long
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def _webp(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()

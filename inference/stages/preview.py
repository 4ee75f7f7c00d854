"""Small pictures of latents that are still being denoised: by the tiny autoencoder, or by three weights a channel.

`preview` is the one way from latents to an event, and has one caller.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from PIL import Image

from inference.protocol import Preview

SMALLEST, LARGEST = 64, 128
MOST_LATENTS: Final = {"cuda": 128, "cpu": 64}
"""Latents a side that the tiny autoencoder is shown; of fewer made of more it would draw a blur."""
SHARE: Final = 0.1
"""Of its thread's time that the tiny autoencoder may take for previews."""
_QUALITY = 70
_SD_MATRIX = [  # least squares over the latents of Stable Diffusion 1.x, as commonly used
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
]
_XL_MATRIX = [  # the same of SDXL, as commonly used
    [0.365, 0.423, 0.434],
    [-0.253, -0.004, 0.107],
    [0.108, 0.111, -0.036],
    [-0.317, -0.249, -0.219],
]


class Colors(Protocol):
    """What small pictures are made by."""

    def draw(self, latents: torch.Tensor) -> list[Image.Image]:
        """Return one small picture for each of scaled `latents` [n, c, h, w], 64 to 128 pixels a side."""


class LatentColors:
    """A linear map from scaled latents to RGB in [-1, 1]: `matrix` [channels, 3] and `bias` [3]."""

    def __init__(self, matrix: list[list[float]], bias: list[float]) -> None:
        self.matrix = torch.tensor(matrix, dtype=torch.float32)
        self.bias = torch.tensor(bias, dtype=torch.float32)

    @classmethod
    def of(cls, directory: Path, channels: int, *, is_xl: bool = False) -> LatentColors:
        """Read the model's own `preview.json`; without one, use what fits Stable Diffusion, or SDXL."""
        file = directory / "preview.json"
        if file.exists():
            told = json.loads(file.read_text("utf-8"))
            return cls(told["matrix"], told["bias"])
        usual = _XL_MATRIX if is_xl else _SD_MATRIX
        rows = [usual[index % len(usual)] for index in range(channels)]
        return cls(rows, [0.0, 0.0, 0.0])

    def draw(self, latents: torch.Tensor) -> list[Image.Image]:
        """Return one small picture for each of `latents` [n, c, h, w], 64 to 128 pixels a side."""
        flat = latents.detach().float().cpu().movedim(1, -1) @ self.matrix + self.bias
        return [_enlarged(_picture(one)) for one in flat]


class TinyColors:
    """The tiny autoencoder's pictures, made smaller; the plain colours' instead while it has had its share of the time.

    So it costs no more on a CPU with many images than on a GPU with one, and every step can still be shown.
    """

    def __init__(
        self,
        tiny: Any,  # noqa: ANN401
        plain: LatentColors,
        share: float = SHARE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._tiny, self._plain, self._share, self._clock = tiny, plain, share, clock
        self._rests_until = float("-inf")

    @torch.inference_mode()
    def draw(self, latents: torch.Tensor) -> list[Image.Image]:
        """Return one small picture for each of `latents` [n, c, h, w], 64 to 128 pixels a side."""
        began = self._clock()
        large = max(latents.shape[-2:]) > MOST_LATENTS[self._tiny.device.type]
        if large or began < self._rests_until or not bool(latents.isfinite().all()):
            return self._plain.draw(latents)
        pictures = [_reduced(_picture(made)) for made in self._decoded(latents)]
        taken = self._clock() - began
        self._rests_until = began + taken / self._share
        return pictures

    def _decoded(self, latents: torch.Tensor) -> torch.Tensor:
        """Return pictures [n, h, w, 3] from -1 to 1, in host memory."""
        scaled = (latents / self._tiny.config.scaling_factor).to(
            self._tiny.device, self._tiny.dtype
        )
        made: torch.Tensor = self._tiny.decode(scaled, return_dict=False)[0]
        return made.movedim(1, -1).float().cpu()


def preview(colors: Colors, latents: torch.Tensor, index: int, step: int) -> Preview:
    """Return the preview event of image `index` after `step` from its clean latents [c, h, w]."""
    (picture,) = colors.draw(latents[None])
    return Preview(
        index=index,
        step=step,
        width=picture.width,
        height=picture.height,
        webp_base64=base64.b64encode(_webp(picture)).decode("ascii"),
    )


def _picture(made: torch.Tensor) -> Image.Image:
    """Return colours [h, w, 3] from -1 to 1 as a picture; what is no number is grey."""
    pixels = ((made.nan_to_num().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return Image.fromarray(pixels.numpy())


def _reduced(picture: Image.Image) -> Image.Image:
    """Bring the long side to 128 pixels at most."""
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BICUBIC)
    return picture


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

"""A given picture, made larger by resampling: what an upscale draws over, or all that there is to it.

Works on pixels of 8 bits, on the CPU, and holds no more of them than it must: at 8K each copy is 200 MB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from inference.enlarging import Enlargement
from inference.protocol import InvalidParameters
from inference.stages.files import opened


@dataclass(frozen=True)
class Enlarged:
    """What is put back of what was drawn: the part that is the image. `pixels` are there where nothing is drawn."""

    enlargement: Enlargement
    pixels: torch.Tensor | None = None

    def finished(self, drawn: torch.Tensor) -> torch.Tensor:
        """Return the image [3, height, width] in `drawn` uint8 [3, h, w]."""
        return drawn[:, : self.enlargement.height, : self.enlargement.width]


def resampled(file: bytes, enlargement: Enlargement) -> torch.Tensor:
    """Return the picture in `file` enlarged by Lanczos, uint8 [3, height, width].

    Raises:
        InvalidParameters: It cannot be read, or not as its header says.
    """
    picture = opened("init_image", file).convert("RGB")
    size = (enlargement.width, enlargement.height)
    if (
        size[0] * picture.height != size[1] * picture.width
    ):  # a PNG may say at its very end that it is on its side
        raise InvalidParameters(
            "pictures.init_image lies on its side; turn it upright and send it again"
        )
    larger = np.array(picture.resize(size, Image.Resampling.LANCZOS))
    return torch.from_numpy(larger).permute(2, 0, 1)


def continued(pixels: torch.Tensor, enlargement: Enlargement) -> torch.Tensor:
    """Return `pixels` with their last row and column repeated up to the size that is drawn."""
    down = enlargement.drawn_height - enlargement.height
    across = enlargement.drawn_width - enlargement.width
    if not down and not across:
        return pixels
    padded = np.pad(pixels.permute(1, 2, 0).numpy(), ((0, down), (0, across), (0, 0)), mode="edge")
    return torch.from_numpy(padded).permute(2, 0, 1)

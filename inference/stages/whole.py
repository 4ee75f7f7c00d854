"""What SDXL is told of a picture as a whole, beside the tokens of its prompt: one vector a row of the UNet.

    [what the second text encoder says of the whole prompt …, height, width, 0, 0, height, width]

The last six numbers are Podell et al. 2023, arXiv:2307.01952, §2.2: how large the picture was, where it was cropped and
how large it is wanted. As in diffusers, all of them say that it is whole and was never another size.
"""

from __future__ import annotations

from typing import Final

import torch

from inference.devices import to_device

SIZES: Final = 6


def whole_of(pooled: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return the vector [p + 6] of a picture of that size whose prompt comes to `pooled` [p].

    In float32, whatever the networks compute in: half precision has no odd number beyond 2048.
    """
    sizes = torch.tensor([height, width, 0, 0, height, width], dtype=torch.float32)
    return torch.cat([pooled.float(), to_device(sizes, pooled.device)])


def conditions(wholes: torch.Tensor, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Return `wholes` [r, p + 6] by the names that diffusers' UNet knows them by."""
    pooled, sizes = wholes.split([wholes.shape[1] - SIZES, SIZES], dim=1)
    return {"text_embeds": pooled.to(dtype), "time_ids": sizes}

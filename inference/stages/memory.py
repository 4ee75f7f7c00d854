"""How much memory the VAE may take, and how large a picture it may therefore see at once.

The VAE is the one part whose need grows with the picture: at full size it holds several tensors of all its channels.
`ATELIER_VAE_MEMORY_MB` says how much it may take; otherwise it is a share of what is free on the device now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import torch

MEMORY_VARIABLE: Final = "ATELIER_VAE_MEMORY_MB"
WHOLE: Final = 1024
"""The longest side that the VAE sees at once, however much memory there is: its attention grows with the fourth power."""
SIDES: Final = (1024, 768, 512, 384, 256, 128)
"""What tiles are tried; few, so that machines with about as much memory make the same picture."""
_ALIVE: Final = (
    8  # tensors of full size and width at once, with what the convolutions need; measured
)
_MIB: Final = 2**20
_SHARE_OF_DEVICE: Final = 0.5
_SHARE_OF_HOST: Final = 0.25
_MOST_OF_HOST: Final = 1024 * _MIB


def budget(device: torch.device, meminfo: Path = Path("/proc/meminfo")) -> int:
    """Return how many bytes the VAE may take on `device` now."""
    if asked := os.environ.get(MEMORY_VARIABLE):
        return max(1, int(asked)) * _MIB
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(_SHARE_OF_DEVICE * (free + kept))
    return min(_MOST_OF_HOST, int(_SHARE_OF_HOST * _free_on_host(meminfo)))


def need(vae: Any, height: int, width: int) -> int:  # noqa: ANN401
    """Return about how many bytes `vae` takes to decode height × width pixels; to encode them takes no more."""
    widest = max(vae.config.block_out_channels[:2])  # of those that are as large as the picture
    return int(height * width * widest * _ALIVE * vae.dtype.itemsize)


def tile_for(vae: Any, height: int, width: int, bytes_: int) -> int | None:  # noqa: ANN401
    """Return the side of the tiles in which `vae` should see a picture; None if it may see all of it at once."""
    if max(height, width) <= WHOLE and need(vae, height, width) <= bytes_:
        return None
    return next((side for side in SIDES if need(vae, side, side) <= bytes_), SIDES[-1])


def smaller(side: int | None) -> int | None:
    """Return the side to try when memory ran out with `side`; None if there is none."""
    return next((one for one in SIDES if side is None or one < side), None)


def _free_on_host(meminfo: Path) -> int:
    if meminfo.exists():
        for line in meminfo.read_text("utf-8").splitlines():
            name, _, told = line.partition(":")
            if name == "MemAvailable":
                return int(told.split()[0]) * 1024
    return _MOST_OF_HOST

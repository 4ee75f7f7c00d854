"""The noise an image begins as: a function of its seed and size, the same on every device."""

from __future__ import annotations

import torch


def generators(seeds: list[int]) -> list[torch.Generator]:
    """Return one CPU generator an image, so that image k depends on its own seed and nothing else."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def initial(
    sources: list[torch.Generator], *, channels: int, height: int, width: int, sigma: float
) -> torch.Tensor:
    """Return unit noise times `sigma`, shape [n, channels, height, width], float32, on the CPU.

    Drawn on the CPU in float32 whatever the model runs on, since CUDA and fp16 draw other numbers.
    """
    shape = (1, channels, height, width)
    return torch.cat([torch.randn(shape, generator=source) for source in sources]) * sigma

"""The noise an image begins as, and what samplers add on the way: a function of seed and size alone."""

from __future__ import annotations

import torch

Shape = tuple[int, int, int]


def noise_of(
    seed: int, shape: Shape, draws: int, *, sigma: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the latents to start from, and the noise of as many steps as draw some, [draws, c, h, w].

    All float32 of `shape` (channels, height, width) on the CPU, whatever the model runs on, since CUDA
    and fp16 draw other numbers; the first one times `sigma`. Drawn at once from one generator in the
    order in which diffusers draws, so that nothing depends on who shares the steps.
    """
    source = torch.Generator("cpu").manual_seed(seed)
    start = torch.randn(shape, generator=source) * sigma
    noise = torch.empty(draws, *shape)
    for one in noise:  # not all by one call: how that draws depends on how many numbers it draws
        torch.randn(shape, generator=source, out=one)
    return start, noise

"""The noise an image begins as, and what samplers add on the way: a function of seed and size alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Shape = tuple[int, int, int]


def noise_of(
    seed: int, shape: Shape, draws: Sequence[bool], *, sigma: float
) -> tuple[torch.Tensor, list[torch.Tensor | None]]:
    """Return the latents to start from, and the noise of every step (`None` where none is drawn).

    All float32 of `shape` (channels, height, width) on the CPU, whatever the model runs on, since CUDA
    and fp16 draw other numbers; the first one times `sigma`. Drawn at once from one generator in the
    order in which diffusers draws, so that nothing depends on who shares the steps.
    """
    source = torch.Generator("cpu").manual_seed(seed)
    start = torch.randn(shape, generator=source) * sigma
    return start, [torch.randn(shape, generator=source) if drawn else None for drawn in draws]

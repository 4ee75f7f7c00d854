"""One guided denoising step: the UNet once, guidance, the scheduler once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from inference.schedulers import Sampler


@dataclass(frozen=True)
class Guidance:
    """Which way to steer: `embeddings` (negatives first when guided), `scale` 1 (not at all) to 30."""

    embeddings: torch.Tensor
    scale: float

    @property
    def rows(self) -> int:
        """UNet rows an image costs: with scale 1 the negative prompt has no say, and none is spent."""
        return 2 if self.scale > 1 else 1


@dataclass(frozen=True)
class Denoised:
    """The latents after a step, and, if asked for, the clean ones predicted from there."""

    latents: torch.Tensor
    clean: torch.Tensor | None


def step(  # noqa: PLR0913 - all that decides a step
    unet: Any,  # noqa: ANN401
    sampler: Sampler,
    guidance: Guidance,
    timestep: torch.Tensor,
    latents: torch.Tensor,
    *,
    sources: list[torch.Generator],
    with_clean: bool,
) -> Denoised:
    """Take one step from `latents` [n, c, h, w]; image k's fresh noise comes from `sources[k]`."""
    scaled = sampler.scaled(latents, timestep)
    prediction = _predict(unet, guidance, timestep, scaled)
    clean = sampler.clean(prediction, timestep, scaled) if with_clean else None
    return Denoised(sampler.step(prediction, timestep, latents, sources), clean)


def _predict(
    unet: Any,  # noqa: ANN401
    guidance: Guidance,
    timestep: torch.Tensor,
    scaled: torch.Tensor,
) -> torch.Tensor:
    """Return the guided prediction for `scaled` [n, c, h, w], in float32 whatever the UNet's type."""
    rows = torch.cat([scaled] * guidance.rows).to(unet.dtype)
    said = unet(rows, timestep, encoder_hidden_states=guidance.embeddings, return_dict=False)[0]
    if guidance.rows == 1:
        return said.float()
    negative, positive = said.float().chunk(2)
    return negative + guidance.scale * (positive - negative)

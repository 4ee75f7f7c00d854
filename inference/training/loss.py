"""What one step of the training minimises: the error of the denoiser, on own pictures and on class pictures.

Prior preservation is DreamBooth's (Ruiz et al. 2022, arXiv:2208.12242, eq. 2): what the model drew before keeps
it from forgetting how such things look. Knows no network by name.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def noised(
    scheduler: Any,  # noqa: ANN401
    latents: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return latents with noise on them, the timesteps (spread evenly), and what the denoiser is to say.

    Chance is drawn on the CPU, so that a run is the same on every device.
    """
    count = len(latents)
    noise = torch.randn(latents.shape, generator=generator).to(latents)
    shares = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    order = torch.randperm(count, generator=generator)
    times = (shares[order] * scheduler.config.num_train_timesteps).long().to(latents.device)
    noisy = scheduler.add_noise(latents, noise, times)
    return noisy, times, wanted(scheduler, latents, noise, times)


def wanted(scheduler: Any, latents: Tensor, noise: Tensor, times: Tensor) -> Tensor:  # noqa: ANN401
    """Return the target by the scheduler's kind of prediction, epsilon or v."""
    if scheduler.config.prediction_type == "v_prediction":
        velocity: Tensor = scheduler.get_velocity(latents, noise, times)
        return velocity
    return noise


def weighted_loss(said: Tensor, target: Tensor, own: int, prior_weight: float) -> Tensor:
    """Return the error on the first `own` rows plus `prior_weight` times that on the rest."""
    error = functional.mse_loss(said.float(), target.float(), reduction="none").mean((1, 2, 3))
    loss = error[:own].mean()
    return loss + prior_weight * error[own:].mean() if len(error) > own else loss

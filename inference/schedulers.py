"""The samplers on offer, each one of diffusers' own schedulers set up from the checkpoint's config.

A scheduler carries state from step to step, so that every generation gets a fresh one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch

from inference.protocol import Scheduler

_CLASSES = {
    Scheduler.DDIM: ("scheduling_ddim", "DDIMScheduler"),
    Scheduler.EULER: ("scheduling_euler_discrete", "EulerDiscreteScheduler"),
    Scheduler.EULER_A: ("scheduling_euler_ancestral_discrete", "EulerAncestralDiscreteScheduler"),
    Scheduler.DPMPP_2M: ("scheduling_dpmsolver_multistep", "DPMSolverMultistepScheduler"),
    Scheduler.LCM: ("scheduling_lcm", "LCMScheduler"),
    Scheduler.TCD: ("scheduling_tcd", "TCDScheduler"),
}
_DISTILLED = {Scheduler.LCM, Scheduler.TCD}


class Sampler:
    """A fresh scheduler with its timesteps set for one generation."""

    def __init__(
        self, name: Scheduler, config: dict[str, Any], steps: int, device: torch.device
    ) -> None:
        module, cls = _CLASSES[name]
        self._scheduler = getattr(import_module(f"diffusers.schedulers.{module}"), cls).from_config(
            config
        )
        self._scheduler.set_timesteps(
            steps, device=device, **_extra_of(self._scheduler, name, steps)
        )
        self._takes_generator = _accepts(self._scheduler.step, "generator")

    @property
    def timesteps(self) -> torch.Tensor:
        """The timesteps in the order they are taken, shape [steps]."""
        return self._scheduler.timesteps

    @property
    def init_noise_sigma(self) -> float:
        """The standard deviation of the noise it starts from."""
        return float(self._scheduler.init_noise_sigma)

    def scaled(self, latents: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """Return `latents` [n, c, h, w] as the UNet wants to see them at `timestep`."""
        return self._scheduler.scale_model_input(latents, timestep)

    def step(
        self,
        prediction: torch.Tensor,
        timestep: torch.Tensor,
        latents: torch.Tensor,
        generators: list[torch.Generator],
    ) -> torch.Tensor:
        """Return the latents one step cleaner; each image's noise comes from its own generator."""
        extra = {"generator": generators} if self._takes_generator else {}
        return self._scheduler.step(prediction, timestep, latents, return_dict=False, **extra)[0]

    def clean(
        self, prediction: torch.Tensor, timestep: torch.Tensor, scaled: torch.Tensor
    ) -> torch.Tensor:
        """Return what the finished latents look like from here (predicted x0); call before `step`.

        `scaled` is what the UNet saw: in every one of these samplers that is √ᾱ·x0 + √(1-ᾱ)·noise.
        """
        alpha = self._alpha(timestep)
        signal, noise = alpha.sqrt(), (1 - alpha).sqrt()
        match self._scheduler.config.prediction_type:
            case "v_prediction":
                return signal * scaled - noise * prediction
            case "sample":
                return prediction
            case _:
                return (scaled - noise * prediction) / signal

    def _alpha(self, timestep: torch.Tensor) -> torch.Tensor:
        """Return ᾱ at `timestep`. Euler's are fractional and told by their sigma instead."""
        if timestep.is_floating_point():
            index = int((self._scheduler.timesteps == timestep).nonzero()[0])
            return 1 / (1 + self._scheduler.sigmas[index].double().cpu() ** 2)
        return self._scheduler.alphas_cumprod[int(timestep)].double().cpu().clamp_min(1e-8)


def _extra_of(scheduler: Any, name: Scheduler, steps: int) -> dict[str, int]:  # noqa: ANN401
    """Let the two distilled samplers, made for at most 50 steps, take as many as the others."""
    if name not in _DISTILLED:
        return {}
    return {"original_inference_steps": max(steps, scheduler.config.original_inference_steps)}


def _accepts(function: Callable[..., object], name: str) -> bool:
    return name in inspect.signature(function).parameters

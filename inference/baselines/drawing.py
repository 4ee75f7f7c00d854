"""How diffusers is ordinarily used: a request, or a batch of alike ones, from first step to last.

The order of `StableDiffusionPipeline.__call__`, with diffusers' own schedulers, on the networks of our
`Bundle`. Not that class itself: its callbacks, progress bars and conversions would slow down the
servers that we compare with, it takes one guidance scale a batch, and its one scheduler has a state
that threads corrupt. An answer holds one image, so of `num_images` the first is drawn. Nobody joins or
leaves a batch on the way; no previews, no canceling.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from diffusers.utils.torch_utils import randn_tensor

from inference.baselines.answers import Picture
from inference.bundles import Bundle
from inference.protocol import GenerationParameters, Scheduler
from inference.solvers import scheduler_for
from inference.stages import decode, safety
from inference.unets import EagerUNet


class Likeness(NamedTuple):
    """What the requests of a batch must share to go through every step together."""

    model: str
    height: int
    width: int
    num_inference_steps: int
    scheduler: Scheduler
    guided: bool


def likeness_of(asked: GenerationParameters) -> Likeness:
    """Return what `asked`, which is complete, must share with its batch mates."""
    return Likeness(
        asked.model,
        asked.height,
        asked.width,
        asked.num_inference_steps,
        asked.scheduler,
        asked.guidance_scale > 1,
    )


class Pipeline:
    """One model, called with the complete parameters of a batch. May be called from many threads."""

    def __init__(self, bundle: Bundle, scheduler_config: Mapping[str, Any]) -> None:
        self._bundle, self._scheduler_config = bundle, scheduler_config
        self._unet = EagerUNet(bundle.unet)
        self._reading = threading.Lock()  # the encoder's memory is not made for many threads

    @torch.inference_mode()
    def __call__(self, asked: Sequence[GenerationParameters]) -> list[Picture]:
        """Return the (first) picture of each of `asked`, which are all of one likeness.

        Raises:
            Broken: The model overflowed.
        """
        # 1. Encode the prompts.
        embeddings, scales = self._embeddings(asked), self._scales(asked)
        # 2. Prepare the timesteps. A scheduler has a state: every batch gets its own.
        like = likeness_of(asked[0])
        scheduler = scheduler_for(like.scheduler, self._scheduler_config, like.num_inference_steps)
        timesteps = scheduler.timesteps.to(self._device)
        # 3. Prepare the latents, on the CPU like our engine: other devices draw other numbers.
        sources = [torch.Generator("cpu").manual_seed(one.seed) for one in asked]
        latents = self._noise(like, sources) * scheduler.init_noise_sigma
        # 4. Denoise.
        for timestep, on_device in zip(scheduler.timesteps, timesteps, strict=True):
            seen = scheduler.scale_model_input(latents, timestep)
            prediction = self._predict(seen, on_device, embeddings, scales)
            latents = scheduler.step(
                prediction, timestep, latents, generator=sources, return_dict=False
            )[0]
        # 5. Decode the latents, and run the safety checker.
        pixels = decode.decode(self._bundle.vae, latents)
        scores = safety.score(self._bundle.safety, pixels)
        on_host = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return [
            Picture(image, one.seed, score, len(asked))
            for image, one, score in zip(on_host, asked, scores, strict=True)
        ]

    @property
    def _device(self) -> torch.device:
        return self._bundle.placement.device

    def _embeddings(self, asked: Sequence[GenerationParameters]) -> torch.Tensor:
        """Return a row for every request; under guidance preceded by as many for what to avoid."""
        prompts = [one.prompt for one in asked]
        if likeness_of(asked[0]).guided:
            prompts = [one.negative_prompt for one in asked] + prompts
        with self._reading:
            return torch.cat(self._bundle.encoder.together(prompts))

    def _scales(self, asked: Sequence[GenerationParameters]) -> torch.Tensor | None:
        if not likeness_of(asked[0]).guided:
            return None
        scales = torch.tensor([one.guidance_scale for one in asked])
        return scales.view(-1, 1, 1, 1).to(self._device)

    def _noise(self, like: Likeness, sources: list[torch.Generator]) -> torch.Tensor:
        shape = (
            len(sources),
            int(self._bundle.unet.config.in_channels),
            like.height // self._bundle.pixels_per_latent,
            like.width // self._bundle.pixels_per_latent,
        )
        noise: torch.Tensor = randn_tensor(
            shape, generator=sources, device=self._device, dtype=torch.float32
        )
        return noise

    def _predict(
        self,
        seen: torch.Tensor,
        timestep: torch.Tensor,
        embeddings: torch.Tensor,
        scales: torch.Tensor | None,
    ) -> torch.Tensor:
        """Return the prediction of one step, guided if there are `scales`."""
        rows = timestep.expand(len(embeddings))
        if scales is None:
            return self._unet(seen, rows, embeddings).float()
        negative, positive = self._unet(torch.cat([seen, seen]), rows, embeddings).float().chunk(2)
        return negative + scales * (positive - negative)

"""Draws one generation: the numbered steps from prompt to pixels, telling its mailbox on the way.

Runs on the engine's thread and owns nothing: waiting, admission and retention are `engine`'s, the
arithmetic is in `stages`, encoding of finished images is handed to `finishing`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from inference.bundles import Bundle
from inference.generation import Generation
from inference.protocol import GenerationParameters, Progress, SafetyScores, Started
from inference.schedulers import Sampler
from inference.stages import decode, denoise, encode, latents, preview, safety


@dataclass(frozen=True)
class Finished:
    """An image that is drawn and scored: pixels uint8 [h, w, 3] in host memory."""

    index: int
    pixels: torch.Tensor
    scores: SafetyScores | None


@torch.inference_mode()
def draw(
    bundle: Bundle,
    generation: Generation,
    *,
    before_step: Callable[[], None],
    after_step: Callable[[float], None],
    deliver: Callable[[Finished], None],
) -> None:
    """Draw every image of `generation`, handing each to `deliver` when it is done.

    `before_step` may raise to stop it; `after_step` hears how many seconds a step took.

    Raises:
        InferenceError: Stopped by `before_step`, or the numbers overflowed.
    """
    asked, device = generation.parameters, bundle.placement.device

    # 1. Say that it starts
    before_step()
    generation.mailbox.put(Started())

    # 2. Encode the prompts
    with _timed(generation, "encode"):
        guidance = _guidance(bundle, asked)

    # 3. Set the timesteps
    sampler = Sampler(asked.scheduler, bundle.scheduler_config, asked.num_inference_steps, device)

    # 4. Draw the initial noise, each image from its own seed
    sources = latents.generators([asked.seed_of(index) for index in range(asked.num_images)])
    noisy = _noise(bundle, asked, sources, sampler.init_noise_sigma).to(device)

    # 5. Denoise, showing how it comes along
    rhythm = _Rhythm()
    for number, timestep in enumerate(sampler.timesteps, start=1):
        before_step()
        with _timed(generation, "denoise") as watch:
            made = denoise.step(
                bundle.unet, sampler, guidance, timestep, noisy, sources=sources, with_clean=rhythm.due()
            )  # fmt: skip
            noisy = made.latents
            _show(bundle, generation, made.clean, number)
        after_step(watch.seconds)
        _tell_progress(generation, number)

    # 6. Decode, 7. score, and hand each image over
    for index, row in enumerate(noisy.split(1)):
        before_step()
        deliver(_finished(bundle, generation, index, row))


def _guidance(bundle: Bundle, asked: GenerationParameters) -> denoise.Guidance:
    """Return the prompts' embeddings, the negative ones first if there is guidance at all."""
    embeddings = encode.for_guidance(
        bundle.encoder,
        asked.prompt,
        asked.negative_prompt,
        images=asked.num_images,
        guided=asked.guidance_scale > 1,
    )
    return denoise.Guidance(embeddings, asked.guidance_scale)


def _noise(
    bundle: Bundle, asked: GenerationParameters, sources: list[torch.Generator], sigma: float
) -> torch.Tensor:
    """Return the noise that drawing starts from, float32 [images, 4, height/8, width/8], on the CPU."""
    return latents.initial(
        sources,
        channels=bundle.unet.config.in_channels,
        height=asked.height // bundle.pixels_per_latent,
        width=asked.width // bundle.pixels_per_latent,
        sigma=sigma,
    )


def _finished(bundle: Bundle, generation: Generation, index: int, row: torch.Tensor) -> Finished:
    """Decode and score one image; its latents are `row`, float [1, 4, h, w]."""
    with _timed(generation, "decode"):
        pixels = decode.decode(bundle.vae, row)
    with _timed(generation, "safety"):
        scores = safety.score(bundle.safety, pixels)
    return Finished(index, pixels[0].permute(1, 2, 0).contiguous().cpu(), scores[0])


def _show(bundle: Bundle, generation: Generation, clean: torch.Tensor | None, number: int) -> None:
    """Put a preview of every image into the mailbox, if this step made an estimate of them."""
    if clean is not None:
        for shown in preview.previews(bundle.colors, clean, number):
            generation.mailbox.put(shown)


class _Rhythm:
    """Says when a preview is due: after the first step, and then a few times a second at most."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def due(self) -> bool:
        now = time.perf_counter()
        if now - self._last < 1 / preview.PER_SECOND:
            return False
        self._last = now
        return True


def _tell_progress(generation: Generation, number: int) -> None:
    """Tell the step just done, and an estimate for the rest from the steps so far."""
    total = generation.parameters.num_inference_steps
    generation.steps_done = number
    left = generation.timings["denoise"] / number * (total - number)
    generation.mailbox.put(Progress(step=number, total=total, eta_s=round(left, 2)))


class _Watch:
    """How long the timed block took, seconds; known once it has ended."""

    seconds = 0.0


@contextmanager
def _timed(generation: Generation, stage: str) -> Iterator[_Watch]:
    """Add how long the block takes to the generation's timing of `stage`."""
    watch, began = _Watch(), time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - began
        generation.timings[stage] = generation.timings.get(stage, 0.0) + watch.seconds

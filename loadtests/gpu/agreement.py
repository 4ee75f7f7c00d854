"""Whether the fast ways draw what the slow one draws: one seed, several ways, one float32 reference.

The reference is diffusers' scheduler around a float32 copy of the same UNet. The pipeline keeps its
latents in half precision and the engine in float32, so both differ from it by rounding, and neither by more.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch

from inference.bundles import Bundle
from inference.enlarger import Enlarger
from inference.finishing import Finisher, Piece
from inference.lanes import Lanes
from inference.solvers import scheduler_for
from inference.stages import decode
from inference.stages.latents import noise_of
from inference.streams import aside_of
from loadtests.gpu.arms import EngineArm, generation_of, loop_of
from loadtests.gpu.networks import SAMPLER, SCHEDULER, Checkpoint
from loadtests.gpu.racing import Job

JOB: Final = Job(steps=4, guidance_scale=7.5)
NUMBER: Final = 123_456
MATES: Final = 5
_ENOUGH_TICKS: Final = 40


class _Keeping(Finisher):
    """Keeps finished latents by seed instead of finishing them; has no threads."""

    def __init__(self) -> None:
        self.overflowed: deque[Piece] = deque()
        self._pending = 0
        self.kept: dict[int, torch.Tensor] = {}

    def take(self, slot: Piece) -> None:
        """Keep the latents."""
        self.kept[slot.generation.parameters.seed] = slot.latents

    def show(self, slot: Piece, picture: torch.Tensor) -> None:
        """Nobody looks."""


def compare(checkpoint: Checkpoint, engines: Mapping[str, EngineArm]) -> list[dict[str, object]]:
    """Return, for each way, how far latents and picture are from the float32 reference."""
    with torch.inference_mode():
        wanted = _reference(checkpoint.bundle)
        ways = {"plain pipeline": _pipeline(checkpoint)}
        for name, arm in engines.items():
            ways[f"{name}, alone"] = _engine(arm, mates=0)
            ways[f"{name}, among {MATES} others"] = _engine(arm, mates=MATES)
        return [_judged(checkpoint.bundle, name, made, wanted) for name, made in ways.items()]


def psnr(one: torch.Tensor, other: torch.Tensor) -> float | None:
    """Return how alike two pictures of 0 to 255 are, in dB; nothing for identical ones."""
    error = float((one.double() - other.double()).square().mean())
    return round(10 * math.log10(255**2 / error), 1) if error else None


def _judged(
    bundle: Bundle, name: str, made: torch.Tensor, wanted: torch.Tensor
) -> dict[str, object]:
    pictures = [decode.decode(bundle.vae, latents[None]) for latents in (made.float(), wanted)]
    return {
        "way": name,
        "finite": bool(torch.isfinite(made).all()),
        "latents_relative_error": float((made.float() - wanted).norm() / wanted.norm()),
        "picture_psnr_db": psnr(*pictures),
        "picture_contrast": round(float(pictures[0].float().std()), 1),
    }


def _engine(arm: EngineArm, mates: int) -> torch.Tensor:
    """Draw with the arm's own loop and UNet; mates have other steps and guidance."""
    bundle, keeper = arm.studio.only_bundle, _Keeping()
    enlarger = Enlarger(aside_of(arm.studio.placement.device), lambda: None, threads=1)
    loop = loop_of(arm.studio, Lanes(lambda _: keeper), enlarger)
    for mate in range(mates):
        job = Job(steps=3 + mate, guidance_scale=(1.0, 3.5)[mate % 2])
        loop.admit(generation_of(bundle, job, NUMBER + 1 + mate))
    loop.admit(generation_of(bundle, JOB, NUMBER))
    for _ in range(_ENOUGH_TICKS):
        loop.tick()
    return keeper.kept[NUMBER]


def _pipeline(checkpoint: Checkpoint) -> torch.Tensor:
    bundle = checkpoint.bundle
    where = bundle.placement
    asked = generation_of(bundle, JOB, NUMBER).parameters
    made: torch.Tensor = checkpoint.pipeline(
        asked.prompt,
        height=asked.height,
        width=asked.width,
        num_inference_steps=asked.num_inference_steps,
        guidance_scale=asked.guidance_scale,
        latents=_noise(bundle)[None].to(where.device, where.dtype),
        output_type="latent",
    ).images
    return made[0]


def _reference(bundle: Bundle) -> torch.Tensor:
    """Step with diffusers' scheduler in true float32."""
    where = bundle.placement
    unet: Any = copy.deepcopy(bundle.unet).float()
    asked = generation_of(bundle, JOB, NUMBER).parameters
    words = torch.cat([bundle.encoder.encode(text) for text in ("", asked.prompt)]).float()
    scheduler = scheduler_for(SAMPLER, SCHEDULER, JOB.steps)
    latents = _noise(bundle)[None].to(where.device) * scheduler.init_noise_sigma
    with _every_digit():
        for time in scheduler.timesteps:
            seen = scheduler.scale_model_input(latents, time)
            given = torch.cat([seen, seen]), time.to(where.device)
            said = unet(*given, encoder_hidden_states=words, return_dict=False)[0]
            negative, positive = said.chunk(2)
            said = negative + JOB.guidance_scale * (positive - negative)
            latents = scheduler.step(said, time, latents, return_dict=False)[0]
    return latents[0]


@contextmanager
def _every_digit() -> Iterator[None]:
    """Compute float32 in float32, neither products nor convolutions in TF32."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def _noise(bundle: Bundle) -> torch.Tensor:
    side = bundle.card.defaults.width // bundle.pixels_per_latent
    shape = (int(bundle.vae.config.latent_channels), side, side)
    return noise_of(NUMBER, shape, 0).start

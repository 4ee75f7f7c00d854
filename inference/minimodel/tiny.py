"""A decoder for drafts and previews: an AutoencoderTiny that reads the bundled model's latents in less than half the time.

Starts from the shipped folder and changes nothing in it but `vae_tiny/`. Every step draws its own pictures, so a resumed
run takes the steps of an unbroken one. Only the decoder learns: the encoder, which the class demands, stays empty.
"""

import json
import random
from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor

from inference.minimodel.autoencoder import reconstruction_loss
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.export import SHIPPED
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

FOLDER: Final = "vae_tiny"
WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
PLAN: Final = Plan(
    "tiny", steps=1800, learning_rate=2e-3, warm_up=50, decay_from=0.3, average=0.995
)
WIDTH: Final = 32
BLOCKS: Final = (3, 2, 1, 0)
"""Residual blocks at 32, 64, 128 and 256 pixels: at full size there is nothing but the two last convolutions."""

_DRAWINGS: Final = 4
_WINDOWS: Final = 2
_WINDOW: Final = 16
_NOISE: Final = 0.05
_UNFINISHED_NOISE: Final = 0.25


def build_tiny() -> AutoencoderTiny:
    """A fresh autoencoder with the bundled model's latents: four channels, an eighth of the size, unscaled."""
    model = AutoencoderTiny(
        encoder_block_out_channels=(4,) * len(BLOCKS),
        num_encoder_blocks=(0,) * len(BLOCKS),
        decoder_block_out_channels=(WIDTH,) * len(BLOCKS),
        num_decoder_blocks=BLOCKS,
        latent_channels=4,
        scaling_factor=1.0,
    )
    for parameter in model.encoder.parameters():
        torch.nn.init.zeros_(parameter)
    model.encoder.requires_grad_(requires_grad=False)
    return model.to(memory_format=torch.channels_last)


def load_teacher(model: Path = SHIPPED) -> AutoencoderKL:
    """The bundled model's own autoencoder in single precision, frozen."""
    vae = AutoencoderKL.from_pretrained(model / "vae", torch_dtype=torch.float32).eval()
    vae.requires_grad_(requires_grad=False)
    return vae.to(memory_format=torch.channels_last)


def tiny_loss(tiny: AutoencoderTiny, teacher: AutoencoderKL, step: int) -> Tensor:
    """One step: windows of drawings, and windows of what is between two drawings.

    Of the first the picture is known. The second are what a denoiser has in mind before it has decided, as previews
    show it; there the big decoder says what is to be seen. Noise on both makes for patience with a denoiser's mistakes.
    """
    seeds = [seed_for(PLAN.name, step, k) for k in range(_DRAWINGS)]
    rng, generator = random.Random(seeds[0]), torch.Generator().manual_seed(seeds[0])  # noqa: S311 - data
    pictures = drawn_batch(seeds)
    with torch.no_grad():
        latents = teacher.encode(pictures).latent_dist.mean
        small, shown = _windows(latents, pictures, rng)
        mixed = _mixed(small, generator)
        seen = small + _NOISE * torch.randn(small.shape, generator=generator)
        told = teacher.decode(mixed).sample
    made = tiny.decode(torch.cat([seen, mixed]).contiguous(memory_format=torch.channels_last))
    return reconstruction_loss(torch.cat([shown, told]), made.sample)


def train_tiny(folder: Path = WORKSHOP, plan: Plan = PLAN, model: Path = SHIPPED) -> None:
    """Train the decoder, resuming where a checkpoint stands."""
    torch.manual_seed(8)
    tiny, teacher = build_tiny(), load_teacher(model)
    loop = Loop(plan, tiny, lambda step: tiny_loss(tiny, teacher, step), folder)
    loop.resume()
    loop.run()


def export_tiny(folder: Path = WORKSHOP, model: Path = SHIPPED) -> int:
    """Write the averaged weights in half precision into the model's folder; return their bytes."""
    tiny, target = build_tiny(), model / FOLDER
    averaged_state(PLAN.name, tiny, folder)
    tiny.half().save_pretrained(target)
    config = target / "config.json"
    told = json.loads(config.read_text("utf-8"))
    told.pop("_name_or_path", None)
    config.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    weights = target / WEIGHTS
    weights.chmod(0o644)
    return weights.stat().st_size


def load_tiny(model: Path = SHIPPED) -> AutoencoderTiny:
    """The exported autoencoder in single precision, frozen."""
    tiny = AutoencoderTiny.from_pretrained(model / FOLDER, torch_dtype=torch.float32).eval()
    tiny.requires_grad_(requires_grad=False)
    return tiny.to(memory_format=torch.channels_last)


def _mixed(windows: Tensor, generator: torch.Generator) -> Tensor:
    """Latents on the way from each window to the same place of the next drawing's, in noise of different strength."""
    count = len(windows)
    share, noise = torch.rand(2, count, 1, 1, 1, generator=generator)
    towards = torch.lerp(windows, windows.roll(_WINDOWS, 0), share)
    return towards + _UNFINISHED_NOISE * noise * torch.randn(windows.shape, generator=generator)


def _windows(latents: Tensor, pictures: Tensor, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Windows of every latent (N, 4, 32, 32), the same places of all, with what they show (N, 3, 256, 256)."""
    last = latents.shape[-1] - _WINDOW
    corners = [(rng.randint(0, last), rng.randint(0, last)) for _ in range(_WINDOWS)]
    small = [latents[..., y : y + _WINDOW, x : x + _WINDOW] for y, x in corners]
    large = [
        pictures[..., 8 * y : 8 * (y + _WINDOW), 8 * x : 8 * (x + _WINDOW)] for y, x in corners
    ]
    # One drawing's windows after the other's, so that a roll by their number keeps the place and changes the drawing.
    return (
        torch.stack(small, 1).flatten(0, 1),
        torch.stack(large, 1).flatten(0, 1),
    )

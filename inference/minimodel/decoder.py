"""Polishes the decoder on the frozen encoder's latents, while or after the denoiser learns on them.

Nothing here changes a latent, so the denoiser need not know.
"""

import random
from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn

from inference.minimodel.autoencoder import reconstruction_loss, standard_joint
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

PLAN: Final = Plan("decoder", steps=600, learning_rate=1.2e-3, warm_up=30, decay_from=0.4)
_CROPS_UNTIL: Final = 0.8
_WINDOW: Final = 16
_NOISE: Final = 0.04


def decoding_half(model: AutoencoderKL) -> nn.ModuleDict:
    """What this stage trains: everything between latents and pictures."""
    half = nn.ModuleDict({"post": model.post_quant_conv, "decoder": model.decoder})
    return half.requires_grad_(requires_grad=True)


def polish_loss(model: AutoencoderKL, step: int, plan: Plan = PLAN, drawings: int = 3) -> Tensor:
    """One step: two crops of each drawing, later whole drawings; latents are of whole drawings always.

    A little noise on the latents makes the decoder forgiving of a denoiser's mistakes.
    """
    whole = step >= plan.steps * _CROPS_UNTIL
    seeds = [seed_for(plan.name, step, k) for k in range(1 + drawings // 2 if whole else drawings)]
    pictures = drawn_batch(seeds)
    with torch.no_grad():
        latents = model.encode(pictures).latent_dist.mean
    if not whole:
        latents, pictures = _windows(latents, pictures, random.Random(seeds[0]))  # noqa: S311 - data
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(seeds[0]))
    made = model.decode(latents + _NOISE * noise).sample
    return reconstruction_loss(pictures, made)


def train_decoder(folder: Path = WORKSHOP, plan: Plan = PLAN) -> None:
    """Polish the decoder, resuming where a checkpoint stands."""
    model = standard_joint(folder)
    half = decoding_half(model)
    loop = Loop(plan, half, lambda step: polish_loss(model, step, plan), folder)
    loop.resume()
    loop.run()


def load_autoencoder(folder: Path = WORKSHOP) -> AutoencoderKL:
    """The autoencoder as it is shipped: standardised latents, the decoder polished if it has been."""
    model = standard_joint(folder)
    if (folder / f"{PLAN.name}.pt").exists():
        averaged_state(PLAN.name, decoding_half(model), folder)
    return model.eval().requires_grad_(requires_grad=False)


def _windows(latents: Tensor, pictures: Tensor, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Two windows of each latent (4, 16, 16) with what they show (3, 128, 128), off the margin."""
    small, large = [], []
    last = latents.shape[-1] - _WINDOW - 2
    for latent, picture in zip(latents, pictures, strict=True):
        for _ in range(2):
            top, left = rng.randint(2, last), rng.randint(2, last)
            small.append(latent[:, top : top + _WINDOW, left : left + _WINDOW])
            rows, columns = (
                slice(top * 8, (top + _WINDOW) * 8),
                slice(left * 8, (left + _WINDOW) * 8),
            )
            large.append(picture[:, rows, columns])
    return torch.stack(small), torch.stack(large)

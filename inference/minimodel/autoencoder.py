"""The picture's short form: an AutoencoderKL of Stable Diffusion's factor 8, small.

Encoder and decoder learn together on crops. Then the encoder is frozen, so that the denoiser can start
on its latents; polishing the decoder further is the business of `decoder`.
"""

from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

from inference.minimodel.colour_start import start_with_colour
from inference.minimodel.dataset import cropped_batch, drawn_batch
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

JOINT: Final = Plan(
    "autoencoder", steps=4500, learning_rate=1.5e-3, warm_up=30, decay_from=0.7, final_rate=0.15
)
CHANNELS: Final = (16, 16, 48, 96)
_FEW_UNTIL: Final = 0.7


def build_autoencoder(channels: tuple[int, ...] = CHANNELS) -> AutoencoderKL:
    """A fresh autoencoder: (3, H, W) in [-1, 1] to four latent channels at an eighth of the size."""
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=256,
    )
    return model.to(memory_format=torch.channels_last)


def reconstruction_loss(target: Tensor, made: Tensor) -> Tensor:
    """|e| + 4e², plus half the error of the gradients (line work) and of 8 x 8 means (flat colour).

    Without the last term shapes come within minutes and colours only after an hour.
    """
    error = made - target
    across = (error[..., 1:] - error[..., :-1]).abs().mean()
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean()
    flat = functional.avg_pool2d(error, 8)
    colour = 2 * flat.abs().mean() + 8 * flat.square().mean()
    return error.abs().mean() + 4 * error.square().mean() + 0.5 * (across + down) + colour


def joint_loss(model: AutoencoderKL, step: int, plan: Plan = JOINT, drawings: int = 12) -> Tensor:
    """One joint step on small crops: few at first, because early steps want to be many."""
    count = drawings // 2 if step < plan.steps * _FEW_UNTIL else drawings
    seeds = [seed_for(plan.name, step, k) for k in range(count)]
    target = cropped_batch(seeds, 64)
    posterior = model.encode(target).latent_dist
    noise = torch.randn(posterior.mean.shape, generator=torch.Generator().manual_seed(seeds[0]))
    made = model.decode(posterior.mean + posterior.std * noise).sample
    return reconstruction_loss(target, made) + 3e-5 * posterior.kl().mean() / noise[0].numel()


def train_autoencoder(folder: Path = WORKSHOP, plan: Plan = JOINT) -> None:
    """Train encoder and decoder together, resuming where a checkpoint stands."""
    torch.manual_seed(1)
    model = build_autoencoder()
    start_with_colour(model)
    loop = Loop(plan, model, lambda step: joint_loss(model, step, plan), folder)
    loop.resume()
    loop.run()


def load_joint(folder: Path = WORKSHOP) -> AutoencoderKL:
    """The autoencoder as the joint stage left it."""
    model = build_autoencoder()
    averaged_state(JOINT.name, model, folder)
    return model.eval()


def peak_signal_to_noise(target: Tensor, made: Tensor) -> Tensor:
    """PSNR in dB of each picture of two batches (N, 3, H, W) in [-1, 1], after clamping."""
    error = (made.clamp(-1, 1) - target).div(2).square().mean(dim=(1, 2, 3))
    return -10 * torch.log10(error.clamp_min(1e-10))


@torch.no_grad()
def standardise(model: AutoencoderKL, mean: Tensor, std: Tensor) -> None:
    """Fold each latent channel's mean and spread, both (4,), into the 1 x 1 convolutions.

    Latents then have zero mean and unit spread, and `scaling_factor` can be 1.
    """
    into, out = model.quant_conv, model.post_quant_conv
    both_std, both_mean = torch.cat([std, torch.ones(4)]), torch.cat([mean, 2 * std.log()])
    into.bias.copy_((into.bias - both_mean) / both_std)
    into.weight.div_(both_std[:, None, None, None])
    out.bias.add_(out.weight[:, :, 0, 0] @ mean)
    out.weight.mul_(std[None, :, None, None])
    model.register_to_config(scaling_factor=1.0)


def standard_joint(folder: Path = WORKSHOP, drawings: int = 48) -> AutoencoderKL:
    """The autoencoder as the joint stage left it, with latents standardised on seeded drawings."""
    model = load_joint(folder)
    seeds = [seed_for("scale", 0, k) for k in range(drawings)]
    with torch.no_grad():
        batches = [drawn_batch(seeds[k : k + 8]) for k in range(0, drawings, 8)]
        latents = torch.cat([model.encode(batch).latent_dist.mean for batch in batches])
    standardise(model, latents.mean((0, 2, 3)), latents.std((0, 2, 3)))
    return model.requires_grad_(requires_grad=False)

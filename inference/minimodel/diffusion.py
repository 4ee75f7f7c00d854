"""The denoiser: a small UNet2DConditionModel trained for v-prediction on the encoder's latents.

The frozen text encoder and the frozen image encoder stand ready; this file knows nothing of how they
came about. Sampling is left to the stock pipelines.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional

from inference.minimodel.captions import write_caption
from inference.minimodel.latents import LatentPool
from inference.minimodel.text import HIDDEN, make_encoder
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

PLAN: Final = Plan("unet", steps=4600, learning_rate=1.5e-3, warm_up=100, decay_from=0.3)
CHANNELS: Final = (32, 48, 96, 160)
BATCH: Final = 16
_DROPPED: Final = 0.1


def build_unet(
    channels: tuple[int, ...] = CHANNELS, text_width: int = HIDDEN
) -> UNet2DConditionModel:
    """A fresh denoiser: latents (N, 4, H, W), timesteps (N,), text (N, 77, width) to v (N, 4, H, W).

    The caption reaches every block twice: by cross-attention where pictures are small, and pooled
    into the timestep's embedding, which is what makes so small a model follow colours so soon.
    """
    attends = [depth >= len(channels) - 2 for depth in range(len(channels))]
    model = UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attends],
        up_block_types=["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attends)],
        block_out_channels=channels,
        layers_per_block=1,
        cross_attention_dim=text_width,
        attention_head_dim=4,
        norm_num_groups=16,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        resnet_time_scale_shift="scale_shift",
    )
    return model.to(memory_format=torch.channels_last)


def build_scheduler() -> DDIMScheduler:
    """SD's noise schedule ending in pure noise, v-prediction, trailing steps: the shipped default."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


def velocity_loss(
    unet: UNet2DConditionModel, latents: Tensor, text: Tensor, generator: torch.Generator
) -> Tensor:
    """Mean squared error of v at random timesteps; latents (N, 4, H, W), text (N, 77, width)."""
    scheduler = build_scheduler()
    noise = torch.randn(latents.shape, generator=generator)
    spread = (torch.arange(len(latents)) + torch.rand(len(latents), generator=generator)) / len(
        latents
    )
    times = (spread * scheduler.config.num_train_timesteps).long()
    noisy = scheduler.add_noise(latents, noise, times)
    wanted = scheduler.get_velocity(latents, noise, times)
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    return functional.mse_loss(unet(noisy, times, text).sample, wanted)


def training_step(
    unet: UNet2DConditionModel,
    pool: LatentPool,
    encode: Callable[[list[str]], Tensor],
    step: int,
    batch: int = BATCH,
) -> Tensor:
    """The loss of one step: pooled latents, freshly worded captions, one in ten left blank."""
    pool.grow(step)
    seed = seed_for(PLAN.name, step)
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    latents, sketches = pool.sample(rng, batch, step)
    texts = [
        "" if rng.random() < _DROPPED else write_caption(sketch, rng).text for sketch in sketches
    ]
    return velocity_loss(unet, latents, encode(texts), torch.Generator().manual_seed(seed))


def train_unet(folder: Path = WORKSHOP, plan: Plan = PLAN) -> None:
    """Train the denoiser, resuming where a checkpoint stands."""
    torch.manual_seed(3)
    unet, encode = build_unet(), make_encoder(folder)
    pool = LatentPool(folder, plan.steps)
    loop = Loop(plan, unet, lambda step: training_step(unet, pool, encode, step), folder)
    loop.resume()
    loop.run()


def load_unet(folder: Path = WORKSHOP) -> UNet2DConditionModel:
    """The trained denoiser with averaged weights."""
    unet = build_unet()
    averaged_state(PLAN.name, unet, folder)
    return unet.eval().requires_grad_(requires_grad=False)

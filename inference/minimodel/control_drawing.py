"""Draws with the bundled model in the shape of a scribble, some pictures at a time, to measure and to show.

The studio has its own engine for this; here is only the plain loop over diffusers' classes that judges the weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from diffusers import ControlNetModel
from diffusers.image_processor import VaeImageProcessor
from PIL import Image
from torch import Tensor

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.control import Base
from inference.minimodel.scribbles import as_condition

_AT_ONCE: Final = 5
_LATENT: Final = (1, 4, 32, 32)


@dataclass(frozen=True, slots=True)
class Order:
    """One picture that is asked for: words, seed and shape."""

    prompt: str
    seed: int
    scribble: Image.Image


@torch.no_grad()
def draw(base: Base, orders: list[Order], control: ControlNetModel | None) -> Iterator[Image.Image]:
    """A picture of each order; without a ControlNet its scribble is passed over."""
    processor = VaeImageProcessor()
    for start in range(0, len(orders), _AT_ONCE):
        some = orders[start : start + _AT_ONCE]
        latents = _denoised(base, some, control)
        pictures = base.vae.decode(latents / base.vae.config.scaling_factor).sample
        yield from processor.postprocess(pictures, output_type="pil")


def _denoised(base: Base, orders: list[Order], control: ControlNetModel | None) -> Tensor:
    prompts = [order.prompt for order in orders]
    text = torch.cat([base.encode([""] * len(prompts)), base.encode(prompts)])
    chances = [torch.Generator().manual_seed(order.seed) for order in orders]
    latents = torch.cat([torch.randn(_LATENT, generator=chance) for chance in chances])
    shapes = np.stack([as_condition(order.scribble) for order in orders])
    conditions = torch.from_numpy(shapes).repeat(2, 1, 1, 1)
    base.scheduler.set_timesteps(STEPS)
    for time in base.scheduler.timesteps:
        twice = torch.cat([latents] * 2).contiguous(memory_format=torch.channels_last)
        added: dict[str, Any] = {}
        if control is not None:
            down, middle = control(twice, time, text, conditions, return_dict=False)
            added["down_block_additional_residuals"] = down
            added["mid_block_additional_residual"] = middle
        blank, worded = base.unet(twice, time, text, **added).sample.chunk(2)
        said = blank + GUIDANCE * (worded - blank)
        latents = base.scheduler.step(said, time, latents).prev_sample
    return latents

"""A picture to draw over → what the steps need of it: its latents and, where only a part may change, a mask.

A VAE's encoder says of each latent where it lies and how surely; which one is taken belongs to the seed, as in diffusers'
pipelines. Masks are cut down to latents, a latent being drawn anew where the pixel at its corner is more than half.
Files and pixels are `easel`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import interpolate

from inference.devices import to_device
from inference.stages.patchwork import Between, encoded

HALF = 0.5


@dataclass(frozen=True)
class Posterior:
    """Where a picture's latents lie: `mean` and `spread`, float32 [c, h, w], in the scale of the steps."""

    mean: torch.Tensor
    spread: torch.Tensor

    def at(self, noise: torch.Tensor) -> torch.Tensor:
        """Return the latents that `noise` [c, h, w] picks."""
        return self.mean + self.spread * noise

    def on(self, device: torch.device) -> Posterior:
        """Return it on a device."""
        return Posterior(to_device(self.mean, device), to_device(self.spread, device))


@dataclass(frozen=True)
class Canvas:
    """What a generation draws over. Without a `mask` all of it is drawn anew.

    `mask` float32 [1, h, w] is 1 where the picture is drawn anew and 0 where it is kept. `hidden` is the picture with
    that part made grey, for checkpoints whose UNet is shown what surrounds it.
    """

    picture: Posterior
    mask: torch.Tensor | None = None
    hidden: Posterior | None = None


@torch.inference_mode()
def canvas_of(
    vae: Any,  # noqa: ANN401
    pixels: torch.Tensor,
    mask: torch.Tensor | None = None,
    *,
    shows_hidden: bool = False,
) -> Canvas:
    """Encode `pixels` uint8 [3, H, W]; `mask` uint8 [1, H, W] is from 0, kept, to 255, drawn anew.

    `shows_hidden`: the UNet is given what surrounds the mask as well.
    """
    image = pixels.float() / 127.5 - 1
    picture = _encoded(vae, image)
    if mask is None:
        return Canvas(picture)
    anew = (mask.float() / 255 >= HALF).float()
    small = interpolate(anew.unsqueeze(0), size=picture.mean.shape[1:])[0]
    small = small.to(picture.mean.device)
    hidden = _encoded(vae, image * (anew < HALF)) if shows_hidden else None
    return Canvas(picture, small, hidden)


@torch.inference_mode()
def large_canvas_of(vae: Any, pixels: torch.Tensor, between: Between) -> Canvas:  # noqa: ANN401
    """Encode `pixels` uint8 [3, H, W] of any size without ever holding all of them in float32."""
    return Canvas(_encoded(vae, pixels, between))


@torch.inference_mode()
def nothing_kept(vae: Any, height: int, width: int) -> torch.Tensor:  # noqa: ANN401
    """Return what a UNet made for masks is shown when all is drawn anew: float32 [1 + c, h, w], a mask of ones and grey."""
    grey = _encoded(vae, torch.zeros(3, height, width)).mean
    return torch.cat([torch.ones_like(grey[:1]), grey])


def _encoded(
    vae: Any,  # noqa: ANN401
    image: torch.Tensor,
    between: Between = lambda: None,
) -> Posterior:
    scale = vae.config.scaling_factor
    mean, spread = (part.to(vae.device) * scale for part in encoded(vae, image, between))
    return Posterior(mean, spread)

"""Finished latents → 8-bit pixels, by the checkpoint's VAE. Refuses what is not a number."""

from __future__ import annotations

from typing import Any

import torch

from inference.protocol import Broken


def decode(vae: Any, latents: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
    """Return pixels of `latents` [n, c, h, w]: uint8 [n, 3, 8h, 8w] on the VAE's device.

    One image at a time: at full size the VAE needs far more memory than the UNet.

    Raises:
        Broken: Latents or pixels are not finite numbers.
    """
    _require_finite(latents, "the latents")
    scaled = (latents / vae.config.scaling_factor).to(vae.dtype)
    return torch.cat([_one(vae, row) for row in scaled.split(1)])


def _one(vae: Any, latents: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
    pixels = vae.decode(latents, return_dict=False)[0]
    _require_finite(pixels, "the decoded pixels")
    return ((pixels.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)


def overflow(what: str) -> Broken:
    """Return the error that says that `what` overflowed, and what to do about it."""
    return Broken(
        f"{what} are not finite numbers; the model overflowed. Try a lower guidance_scale "
        "or another scheduler, or have the operator set ATELIER_DTYPE=float32"
    )


def _require_finite(tensor: torch.Tensor, what: str) -> None:
    if not bool(torch.isfinite(tensor).all()):
        raise overflow(what)

"""Finished latents → 8-bit pixels, by the checkpoint's VAE. Refuses what is not a number."""

from __future__ import annotations

from typing import Any

import torch

from inference.protocol import Broken
from inference.stages.patchwork import Between, decoded


def decode(
    vae: Any,  # noqa: ANN401
    latents: torch.Tensor,
    between: Between = lambda: None,
) -> torch.Tensor:
    """Return pixels of `latents` [n, c, h, w]: uint8 [n, 3, 8h, 8w], in host memory where it took several tiles.

    One image at a time: at full size the VAE needs far more memory than the UNet. `between` is called between tiles.

    Raises:
        Broken: Latents or pixels are not finite numbers.
    """
    _require_finite(latents, "the latents")
    scaled = (latents / vae.config.scaling_factor).to(vae.dtype)
    made = [decoded(vae, row, _require_finite_pixels, between) for row in scaled]
    alike = {pixels.device for pixels in made}
    return torch.stack(made if len(alike) == 1 else [pixels.cpu() for pixels in made])


def overflow(what: str) -> Broken:
    """Return the error that says that `what` overflowed, and what to do about it."""
    return Broken(
        f"{what} are not finite numbers; the model overflowed. Try a lower guidance_scale "
        "or another scheduler, or have the operator set ATELIER_DTYPE=float32"
    )


def _require_finite_pixels(pixels: torch.Tensor) -> None:
    _require_finite(pixels, "the decoded pixels")


def _require_finite(tensor: torch.Tensor, what: str) -> None:
    if not bool(torch.isfinite(tensor).all()):
        raise overflow(what)

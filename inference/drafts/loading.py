"""Loads a model's tiny autoencoder (diffusers' AutoencoderTiny; TAESD is one), of which only the decoder is kept.

One that does not read the latents of the model's own VAE would draw noise without a word, so what its config says is
compared with that first. Whether its files are sound was looked at when they were digested.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

from inference.catalog import CatalogError, Offer
from inference.devices import Placement
from inference.layouts import read_json

Load = Callable[[Any, Path, Placement], Any]
"""Loads one network of a class from its folder."""

_KIND: Final = "AutoencoderTiny"


def load_tiny(
    offer: Offer,
    vae: Any,  # noqa: ANN401
    where: Placement,
    load: Load,
) -> Any | None:  # noqa: ANN401
    """Load the tiny autoencoder of `offer`, whose own VAE is `vae`; None where it has none.

    Raises:
        CatalogError: It is broken, or made for other latents.
    """
    folder = offer.tiny_directory
    if folder is None:
        return None
    _require_fitting(folder, read_json(folder / "config.json"), vae)
    tiny = load(AutoencoderTiny, folder, where)
    tiny.encoder = None  # pictures are encoded by the model's own
    return tiny.to(memory_format=torch.channels_last)


def _require_fitting(folder: Path, told: dict[str, Any], vae: Any) -> None:  # noqa: ANN401
    """Check that the config in `folder` speaks of the latents of `vae`; diffusers' defaults stand for what it leaves out."""
    kind = told.get("_class_name")
    if kind != _KIND:
        raise CatalogError(f"{folder} holds a {kind}, not the {_KIND} that drafts are decoded by")
    stages = told.get("decoder_block_out_channels", [64] * 4)
    for what, own, wanted in (
        ("latent channels", told.get("latent_channels", 4), vae.config.latent_channels),
        ("colours", told.get("out_channels", 3), 3),
        ("stages", _length(stages), len(vae.config.block_out_channels)),
        ("times the pixels after each stage", told.get("upsampling_scaling_factor", 2), 2),
        ("as what its latents are shifted by", told.get("shift_factor") or 0, 0),
    ):
        if own != wanted:
            raise CatalogError(
                f"the tiny autoencoder in {folder} has {own!r} {what}, not {wanted}: it is for another model"
            )
    factor = told.get("scaling_factor", 1.0)
    if not isinstance(factor, int | float) or not 0 < factor < math.inf:
        raise CatalogError(
            f"the tiny autoencoder in {folder} scales latents by {factor!r}, which is no number above 0"
        )


def _length(stages: object) -> int:
    return len(stages) if isinstance(stages, list) else 0

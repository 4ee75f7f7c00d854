"""The model that a LoRA is trained for: its parts, frozen, and what is to be known of it.

Reads any Stable Diffusion 1.x or 2.x folder in diffusers layout, from the models file or by its path.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from inference.catalog import Catalog, CatalogError, Offer, digest_of
from inference.devices import Placement
from inference.training.plan import TrainingRefused

SMALL: int = 50_000_000
_PREDICTIONS = ("epsilon", "v_prediction")


@dataclass(frozen=True)
class Base:
    """The frozen parts on their device. `small` is a model of fewer than 50 million weights."""

    name: str
    sha256: str
    where: Placement
    tokenizer: Any
    text_encoder: Any
    unet: Any
    vae: Any
    scheduler: Any
    resolution: int
    steps: int
    guidance: float

    @property
    def small(self) -> bool:
        """Whether it learns in a few hundred fast steps, on a CPU too."""
        return bool(self.unet.num_parameters() < SMALL)

    @property
    def prediction(self) -> str:
        """What the denoiser says: epsilon or v."""
        return "v" if self.scheduler.config.prediction_type == "v_prediction" else "epsilon"

    @property
    def architecture(self) -> str:
        """ModelSpec's name of the architecture; a small one's is its own."""
        if self.small:
            return self.name
        wide = self.unet.config.cross_attention_dim == 1024  # noqa: PLR2004 - the width of SD 2's text
        return "stable-diffusion-v2" if wide else "stable-diffusion-v1"

    def ids(self, texts: list[str]) -> Tensor:
        """Return the token ids of `texts`, cut and filled up to the model's length."""
        told = self.tokenizer(
            texts, padding="max_length", truncation=True, return_tensors="pt",
            max_length=self.tokenizer.model_max_length,
        )  # fmt: skip
        return told.input_ids.to(self.where.device)

    def read(self, texts: list[str]) -> Tensor:
        """Return what the text encoder says of `texts`, float [n, tokens, width]."""
        said: Tensor = self.text_encoder(self.ids(texts))[0]
        return said

    @torch.no_grad()
    def latents(self, pixels: Tensor) -> Tensor:
        """Return the scaled latents of pictures [n, 3, h, w] in [-1, 1], float32 on the CPU."""
        given = pixels.to(self.where.device, self.vae.dtype)
        made: Tensor = self.vae.encode(given).latent_dist.mean * self.vae.config.scaling_factor
        return made.float().cpu()


def load_base(model: str, where: Placement, catalog: Catalog | None = None) -> Base:
    """Load the model of that name in the models file, or in that folder.

    Raises:
        TrainingRefused: There is none, or it is no Stable Diffusion that can be trained here.
    """
    offer = _offer_of(model, catalog)
    directory = offer.directory
    try:
        scheduler = DDIMScheduler.from_pretrained(directory, subfolder="scheduler")
        unet = _frozen(UNet2DConditionModel, directory / "unet", where)
        if unet.config.addition_embed_type == "text_time":
            raise TrainingRefused(
                "model", f"{directory} is SDXL; LoRAs are trained for earlier Stable Diffusion only"
            )
        base = Base(
            name=offer.name,
            sha256=digest_of(directory),
            where=where,
            tokenizer=CLIPTokenizer.from_pretrained(directory / "tokenizer", local_files_only=True),
            text_encoder=_frozen(CLIPTextModel, directory / "text_encoder", where),
            unet=unet,
            vae=_frozen(AutoencoderKL, directory / "vae", where),
            scheduler=scheduler,
            resolution=unet.config.sample_size * 8,
            steps=offer.defaults.num_inference_steps or 25,
            guidance=offer.defaults.guidance_scale,
        )
    except (OSError, ValueError, CatalogError) as error:
        raise TrainingRefused("model", f"{directory} cannot be trained: {error}") from error
    if scheduler.config.prediction_type not in _PREDICTIONS:
        raise TrainingRefused(
            "model",
            f"predicts {scheduler.config.prediction_type}; one of {', '.join(_PREDICTIONS)}",
        )
    return base


def _offer_of(model: str, catalog: Catalog | None) -> Offer:
    if (Path(model) / "model_index.json").is_file():
        folder = Path(model).resolve()
        return Offer.model_construct(
            name=folder.name.lower(), title=folder.name, description="", directory=folder
        )
    try:
        return (catalog or Catalog.read()).only([model]).offers[0]
    except CatalogError as error:
        raise TrainingRefused(
            "model", f"{error}, or give the path of a diffusers folder (with model_index.json)"
        ) from error


def _frozen(kind: Any, directory: Path, where: Placement) -> Any:  # noqa: ANN401
    plain = any(directory.glob("*model.safetensors*"))
    # On a CPU the base stays in float32 and autocast shortens what it may; a GPU holds it in half precision.
    dtype = where.dtype if where.device.type == "cuda" else torch.float32
    part = kind.from_pretrained(
        directory, dtype=dtype, use_safetensors=True, local_files_only=True,
        variant=None if plain else "fp16",
    )  # fmt: skip
    part.to(where.device).eval().requires_grad_(False)
    return part if kind is CLIPTextModel else part.to(memory_format=torch.channels_last)

"""Loads a Stable Diffusion checkpoint folder (diffusers layout, safetensors) onto a device.

Reads local files only. What is drawn with it, and how, is `pipeline`'s.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextModel, CLIPTokenizer

from inference.adapters.adapter import adaptable
from inference.adapters.shelf import Shelf, Wardrobe
from inference.catalog import NO_CHECKER, CatalogError, Offer, digest_of
from inference.devices import Placement, place
from inference.protocol import ModelCard
from inference.solvers import Solvers
from inference.stages.encode import PromptEncoder
from inference.stages.preview import LatentColors
from inference.stages.safety import Preprocessing, SafetyChecker

_PIPELINES = ("StableDiffusionPipeline", "StableDiffusionInpaintPipeline")
_PARTS = ("tokenizer", "text_encoder", "unet", "vae", "scheduler")
_NAMED = 3
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bundle:
    """Everything one model draws with, in place on its device."""

    card: ModelCard
    placement: Placement
    encoder: PromptEncoder
    unet: Any
    vae: Any
    solvers: Solvers
    colors: LatentColors
    safety: SafetyChecker | None
    shelf: Shelf = field(default_factory=Shelf.empty)

    @property
    def pixels_per_latent(self) -> int:
        """How many pixels a side one latent stands for; 8 in Stable Diffusion."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def sees_surroundings(self) -> bool:
        """Whether its UNet is shown a mask and what surrounds it, as those of nine channels are."""
        return bool(self.unet.config.in_channels > self.vae.config.latent_channels)


def load_bundle(
    model: Offer | Path, placement: Placement | None = None, wardrobe: Wardrobe | None = None
) -> Bundle:
    """Load a model, by its offer or straight from its folder, to `placement` (default: the best).

    Its LoRAs share the room of `wardrobe` with those of other models.

    Raises:
        CatalogError: The folder is not a Stable Diffusion checkpoint in diffusers layout.
    """
    offer = model if isinstance(model, Offer) else _offer_of(model)
    _require_stable_diffusion(offer.directory)
    where = placement or place()
    directory, card = offer.directory, offer.card
    text = _part(CLIPTextModel, directory / "text_encoder", where)
    unet = laid_out(_part(UNet2DConditionModel, directory / "unet", where))
    vae = laid_out(_part(AutoencoderKL, directory / "vae", where))
    networks = {"unet": adaptable(unet), "text": adaptable(text)}
    shelf = Shelf(card.name, offer.loras, networks, where, wardrobe)
    return Bundle(
        card=card.model_copy(update={"loras": shelf.cards}),
        placement=where,
        encoder=PromptEncoder(
            CLIPTokenizer.from_pretrained(directory / "tokenizer", local_files_only=True),
            text,
        ),
        unet=unet,
        vae=vae,
        solvers=Solvers(_json(directory / "scheduler" / "scheduler_config.json")),
        colors=LatentColors.of(directory, vae.config.latent_channels),
        safety=_safety(directory, card, where),
        shelf=shelf,
    )


def laid_out(network: Any) -> Any:  # noqa: ANN401
    """Return `network` with its channels kept together, as convolutions want them.

    CUDA's half precision kernels do; on a CPU the bundled model's UNet takes a tenth less time, its VAE a
    third.
    """
    return network.to(memory_format=torch.channels_last)


def _offer_of(directory: Path) -> Offer:
    name = directory.resolve().name.lower()
    return Offer(name=name, title=directory.name, description="", directory=directory.resolve())


def _require_stable_diffusion(directory: Path) -> None:
    index = directory / "model_index.json"
    if not index.exists():
        raise CatalogError(f"{directory} is no diffusers model folder: model_index.json is missing")
    kind = _json(index).get("_class_name")
    if kind not in _PIPELINES:
        ours = " or ".join(_PIPELINES)
        raise CatalogError(f"{directory} holds a {kind}; this engine draws with {ours}")
    missing = [part for part in _PARTS if not (directory / part).is_dir()]
    if missing:
        raise CatalogError(f"{directory} lacks the folders {', '.join(missing)}")


def _part(kind: Any, directory: Path, where: Placement) -> Any:  # noqa: ANN401
    """Load one network in evaluation mode, in the wanted precision; fp16 files serve if alone.

    Raises:
        CatalogError: A weight is missing (it would be drawn at random), has another shape or is not finite.
    """
    plain = any(directory.glob("*model.safetensors*"))
    try:
        module, told = kind.from_pretrained(
            directory,
            dtype=where.dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            variant=None if plain else "fp16",
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise CatalogError(f"the weights in {directory} do not fit its config: {error}") from error
    if missing := sorted(told["missing_keys"]):
        raise CatalogError(f"the weights in {directory} lack {', '.join(missing[:_NAMED])}")
    odd = [name for name, part in module.named_parameters() if not bool(part.isfinite().all())]
    if odd:
        raise CatalogError(
            f"the weights in {directory} are not finite: {', '.join(sorted(odd)[:_NAMED])}"
        )
    return module.to(where.device).eval().requires_grad_(False)


def _safety(directory: Path, card: ModelCard, where: Placement) -> SafetyChecker | None:
    """Load the safety checker; without a usable one every image goes unchecked, and is held."""
    folder = directory / "safety_checker"
    if card.safety_checker == NO_CHECKER:
        logger.warning("%s has no safety checker: its images will all be held", card.name)
        return None
    try:
        return _load_safety(folder, card, where)
    except Exception:
        logger.exception(
            "the safety checker of %s cannot be loaded: its images will be held", card.name
        )
        return None


def _load_safety(folder: Path, card: ModelCard, where: Placement) -> SafetyChecker:
    from diffusers.pipelines.stable_diffusion.safety_checker import (  # noqa: PLC0415 - only if there is one
        StableDiffusionSafetyChecker,
    )

    # Always float32: half precision overflows in ViT-L, and a score of NaN holds the image back.
    model = _part(StableDiffusionSafetyChecker, folder, Placement(where.device, torch.float32))
    return SafetyChecker(
        model=model,
        preprocessing=_preprocessing(folder.parent, model.config.vision_config.image_size),
        name=card.safety_checker,
        weights_sha256=digest_of(folder),
        concepts=_names(model.config, "concepts", len(model.concept_embeds)),
        special_care=_names(model.config, "special_care", len(model.special_care_embeds)),
    )


def _names(config: Any, kind: str, count: int) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names a checker's config gives by index, `{"0": "badge"}`; else `concept_3`."""
    told = getattr(config, kind, None) or {}
    stem = kind.removesuffix("s")
    return tuple(told.get(str(index), f"{stem}_{index}") for index in range(count))


def _preprocessing(directory: Path, side: int) -> Preprocessing:
    file = directory / "feature_extractor" / "preprocessor_config.json"
    told = _json(file) if file.exists() else {}
    return Preprocessing(
        side=side,
        mean=tuple(told.get("image_mean", (0.48145466, 0.4578275, 0.40821073))),
        std=tuple(told.get("image_std", (0.26862954, 0.26130258, 0.27577711))),
    )


def _json(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CatalogError(f"{file} cannot be read: {error}") from None

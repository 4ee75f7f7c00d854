"""Loads a Stable Diffusion checkpoint folder (diffusers layout, safetensors) onto a device.

Reads local files only. Which kinds of folders there are is `layouts`'; reading prompts is `texts`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from inference.adapters.adapter import adaptable
from inference.adapters.shelf import Shelf, Wardrobe
from inference.catalog import CatalogError, Offer
from inference.checkers.loading import load_panel
from inference.checkers.panel import Panel
from inference.controls.fitting import Base
from inference.controls.shelf import ControlShelf, Rack
from inference.devices import Placement, place
from inference.drafts.loading import load_tiny
from inference.layouts import Layout, layout_of, read_json
from inference.parts import load_part
from inference.protocol import Decoder, InvalidParameters, ModelCard, wrong_decoder
from inference.solvers import Solvers
from inference.stages.encode import PromptEncoder
from inference.stages.preview import Colors, LatentColors, TinyColors
from inference.stages.safety import SafetyChecker
from inference.stages.whole import SIZES
from inference.texts import Texts, read_texts


@dataclass(frozen=True)
class Bundle:
    """Everything one model draws with, in place on its device."""

    card: ModelCard
    placement: Placement
    encoder: PromptEncoder
    unet: Any
    vae: Any
    solvers: Solvers
    colors: Colors
    safety: SafetyChecker | None
    panel: Panel  # that checker and all further ones
    tiny: Any | None = None
    shelf: Shelf = field(default_factory=Shelf.empty)
    controls: ControlShelf = field(default_factory=ControlShelf.empty)
    bytes: int = 0  # of its weights on the device

    @property
    def pixels_per_latent(self) -> int:
        """How many pixels a side one latent stands for; 8 in Stable Diffusion."""
        return _pixels_per_latent(self.vae)

    def decoder(self, asked: Decoder) -> Any:  # noqa: ANN401
        """Return what makes pixels of finished latents.

        Raises:
            InvalidParameters: It has no such decoder.
        """
        if wrong := wrong_decoder(self.card.name, self.card.draft, asked):
            raise InvalidParameters(f"decoder {wrong.message}")
        return self.tiny if asked is Decoder.TINY else self.vae

    @property
    def sees_surroundings(self) -> bool:
        """Whether its UNet is shown a mask and what surrounds it, as those of nine channels are."""
        return bool(self.unet.config.in_channels > self.vae.config.latent_channels)


def load_bundle(
    model: Offer | Path,
    placement: Placement | None = None,
    wardrobe: Wardrobe | None = None,
    rack: Rack | None = None,
) -> Bundle:
    """Load a model, by its offer or straight from its folder, to `placement` (default: the best).

    Its LoRAs share the room of `wardrobe` with those of other models, its ControlNets that of `rack`.

    Raises:
        CatalogError: The folder is not a Stable Diffusion checkpoint in diffusers layout.
    """
    offer = model if isinstance(model, Offer) else _offer_of(model)
    layout = layout_of(offer.directory)
    where = placement or place()
    directory, card = offer.directory, offer.card
    texts = read_texts(offer, layout, where, load_part)
    unet = laid_out(load_part(UNet2DConditionModel, directory / "unet", where))
    _require_fitting(directory, layout, unet, texts)
    vae = laid_out(_vae(directory, layout, where))
    panel, safety = load_panel(offer, where)
    tiny = load_tiny(offer, vae, where, load_part)
    networks = {"unet": adaptable(unet), **texts.adaptable}
    shelf = Shelf(card.name, offer.loras, networks, where, wardrobe)
    base = Base(unet, _pixels_per_latent(vae))
    controls = ControlShelf(card.name, offer.controls, base, where, rack)
    return Bundle(
        card=card.model_copy(
            update={
                "checkers": panel.cards,
                "loras": shelf.cards,
                "controls": controls.cards,
                "embeddings": texts.cards,
            }
        ),
        placement=where,
        encoder=texts.encoder,
        unet=unet,
        vae=vae,
        solvers=Solvers(read_json(directory / "scheduler" / "scheduler_config.json")),
        colors=_colors(directory, vae, tiny, is_xl=layout.is_xl),
        safety=safety,
        panel=panel,
        tiny=tiny,
        shelf=shelf,
        controls=controls,
        bytes=sum(
            map(_bytes_of, (*texts.networks, unet, vae, tiny, safety.model if safety else None))
        ),
    )


def _colors(directory: Path, vae: Any, tiny: Any | None, *, is_xl: bool) -> Colors:  # noqa: ANN401
    plain = LatentColors.of(directory, vae.config.latent_channels, is_xl=is_xl)
    return plain if tiny is None else TinyColors(tiny, plain)


def _pixels_per_latent(vae: Any) -> int:  # noqa: ANN401
    return int(2 ** (len(vae.config.block_out_channels) - 1))


def laid_out(network: Any) -> Any:  # noqa: ANN401
    """Return `network` with its channels kept together, as convolutions want them.

    CUDA's half precision kernels do; on a CPU the bundled model's UNet takes a tenth less time, its VAE a
    third.
    """
    return network.to(memory_format=torch.channels_last)


def _bytes_of(network: torch.nn.Module | None) -> int:
    return 0 if network is None else sum(part.nbytes for part in network.state_dict().values())


def _offer_of(directory: Path) -> Offer:
    name = directory.resolve().name.lower()
    return Offer(name=name, title=directory.name, description="", directory=directory.resolve())


def _require_fitting(directory: Path, layout: Layout, unet: Any, texts: Texts) -> None:  # noqa: ANN401
    """Check that the UNet is told just what the text encoders of this kind of model say."""
    config = unet.config
    # `text` is pooled by the UNet itself from what is said of the prompt; nothing more is handed to it.
    kinds = ("text_time",) if layout.is_xl else (None, "text")
    if config.addition_embed_type not in kinds:
        raise CatalogError(
            f"the UNet in {directory} takes {config.addition_embed_type or 'nothing'} beside the prompt, "
            f"not {kinds[0] or 'nothing'}: its folders belong to different models"
        )
    width, pooled = texts.widths
    if config.cross_attention_dim != width:
        raise CatalogError(
            f"the UNet in {directory} reads {config.cross_attention_dim} numbers a token, and its text "
            f"encoders say {width}: its folders belong to different models"
        )
    if layout.is_xl:
        told = pooled + SIZES * config.addition_time_embed_dim
        if config.projection_class_embeddings_input_dim != told:
            raise CatalogError(
                f"the UNet in {directory} is told {config.projection_class_embeddings_input_dim} numbers of a "
                f"picture, not the {told} of SDXL's base model; a refiner is told other ones and is not drawn with"
            )


def _vae(directory: Path, layout: Layout, where: Placement) -> Any:  # noqa: ANN401
    """Load the VAE; that of SDXL overflows in half precision, says so in its config, and is kept in float32."""
    config = read_json(directory / "vae" / "config.json")
    # `force_upcast` is true by default, also of VAEs that need none: earlier pipelines never looked at it.
    if layout.is_xl and where.dtype == torch.float16 and config.get("force_upcast", True):
        where = replace(where, dtype=torch.float32)
    if config.get("latents_mean") is not None:
        raise CatalogError(
            f"the VAE in {directory} shifts its latents (latents_mean), which this engine does not; "
            "offer the base model of SDXL, or one made of it"
        )
    return load_part(AutoencoderKL, directory / "vae", where)

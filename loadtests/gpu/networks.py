"""Random networks in memory, put together twice: as the engine's bundle and as diffusers' pipeline.

Weights are drawn on the device itself and nothing is downloaded. What they draw is noise, but the work
is that of the real checkpoint. Two layers are scaled so that predictions and pixels spread as trained
ones do: a comparison of flat grey pictures would find everything alike.
"""

from __future__ import annotations

import copy
import string
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from inference.bundles import Bundle
from inference.catalog import NO_CHECKER
from inference.checkers.panel import Panel
from inference.devices import Placement
from inference.protocol import ModelCard, ModelDefaults, Scheduler
from inference.solvers import Solvers, scheduler_for
from inference.stages.encode import PromptEncoder
from inference.stages.preview import LatentColors
from inference.stages.safety import Preprocessing, SafetyChecker
from loadtests.gpu.shapes import LATENT_CHANNELS, PIXELS_PER_LATENT, TOKENS, Shapes, pooled_width

SAMPLER: Final = Scheduler.DDIM  # of all samplers the one that costs the plain loop least
SCHEDULER: Final = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
_SEED: Final = 14
_SPREAD_OF_PREDICTIONS, _SPREAD_OF_PIXELS = 1.0, 0.4


@dataclass(frozen=True)
class Checkpoint:
    """One random Stable Diffusion on its device; the bundle and the pipeline share every weight."""

    shapes: Shapes
    bundle: Bundle
    pipeline: Any


def random_checkpoint(shapes: Shapes, where: Placement) -> Checkpoint:
    """Draw the weights of every part and put them together."""
    unet = _drawn(UNet2DConditionModel, shapes.unet, where)
    vae = _drawn(AutoencoderKL, shapes.vae, where)
    text_encoder = _settled(_on(where, lambda: CLIPTextModel(CLIPTextConfig(**shapes.text))), where)
    _spread(unet, vae, shapes, where)
    tokenizer = _tokenizer(shapes)
    bundle = Bundle(
        card=_card(shapes),
        placement=where,
        encoder=PromptEncoder(tokenizer, text_encoder),
        unet=unet,
        vae=vae,
        solvers=Solvers(SCHEDULER),
        colors=LatentColors([[0.2, 0.2, 0.2]] * LATENT_CHANNELS, [0.0, 0.0, 0.0]),
        safety=None,
        panel=Panel.of(None),
    )
    return Checkpoint(shapes, bundle, _pipeline(bundle, tokenizer, text_encoder))


def channels_last(bundle: Bundle) -> Bundle:
    """Return a copy of `bundle` whose convolutions keep channels together."""

    def turned(network: Any) -> Any:  # noqa: ANN401
        return copy.deepcopy(network).to(memory_format=torch.channels_last)

    return replace(bundle, unet=turned(bundle.unet), vae=turned(bundle.vae))


def random_checker(shapes: Shapes, where: Placement) -> SafetyChecker:
    """Draw a safety checker; float32, as the engine keeps it."""
    config = CLIPConfig(
        vision_config=dict(shapes.vision), text_config={}, projection_dim=shapes.text["hidden_size"]
    )
    exact = Placement(where.device, torch.float32)
    model = _settled(_on(exact, lambda: StableDiffusionSafetyChecker(config)), exact)
    with torch.no_grad():
        for known in (model.concept_embeds, model.special_care_embeds):
            known.normal_()
    return SafetyChecker(
        model=model,
        preprocessing=Preprocessing(shapes.vision["image_size"], (0.5,) * 3, (0.3,) * 3),
        name="random",
        weights_sha256="",
        concepts=tuple(map(str, range(len(model.concept_embeds)))),
        special_care=tuple(map(str, range(len(model.special_care_embeds)))),
    )


class ConditionedUNet:
    """SDXL's UNet, called like that of SD 1: with the sizes and the pooled text it wants beside."""

    def __init__(self, shapes: Shapes, where: Placement) -> None:
        self._network = _drawn(UNet2DConditionModel, shapes.sdxl, where)
        kind = {"device": where.device, "dtype": where.dtype}
        self._pooled = torch.randn(1, pooled_width(shapes.sdxl), **kind)
        side = float(shapes.sdxl_side)
        self._sizes = torch.tensor([[side, side, 0.0, 0.0, side, side]], **kind)

    @property
    def dtype(self) -> Any:  # noqa: ANN401
        """The precision of the weights."""
        return self._network.dtype

    def channels_last(self) -> ConditionedUNet:
        """Turn the network's own weights, and return it."""
        self._network.to(memory_format=torch.channels_last)
        return self

    def __call__(self, latents: Any, timesteps: Any, **given: Any) -> Any:  # noqa: ANN401
        """Predict as `UNet2DConditionModel` does."""
        rows = len(latents)
        beside = {
            "text_embeds": self._pooled.expand(rows, -1),
            "time_ids": self._sizes.expand(rows, -1),
        }
        return self._network(latents, timesteps, added_cond_kwargs=beside, **given)


def rows_for(
    config: Any,  # noqa: ANN401
    where: Placement,
    rows: int,
    side: int,
) -> tuple[torch.Tensor, ...]:
    """Return random latents, timesteps and embeddings for one call of `rows`, as the loop hands them on."""
    latent = side // PIXELS_PER_LATENT
    return (
        torch.randn(rows, LATENT_CHANNELS, latent, latent, device=where.device),
        torch.linspace(999.0, 1.0, rows, device=where.device),
        torch.randn(
            rows, TOKENS, config["cross_attention_dim"], device=where.device, dtype=where.dtype
        ),
    )


def _drawn(kind: Any, config: Any, where: Placement) -> Any:  # noqa: ANN401
    return _settled(_on(where, lambda: kind(**config)), where)


def _on(where: Placement, make: Any) -> Any:  # noqa: ANN401
    """Let `make` draw its weights on the device, the same ones every time."""
    torch.manual_seed(_SEED)
    with torch.device(where.device):
        return make()


def _settled(network: Any, where: Placement) -> Any:  # noqa: ANN401
    return network.to(where.device, where.dtype).eval().requires_grad_(False)


def _spread(unet: Any, vae: Any, shapes: Shapes, where: Placement) -> None:  # noqa: ANN401
    """Scale the last layers so that predictions are as wide as noise, and pictures have contrast."""
    latents, times, words = rows_for(shapes.unet, where, 1, shapes.side)
    latents = latents.to(where.dtype)
    with torch.no_grad():
        said = unet(latents, times, encoder_hidden_states=words, return_dict=False)[0]
        _scale(unet.conv_out, said, _SPREAD_OF_PREDICTIONS)
        seen = vae.decode(latents, return_dict=False)[0]
        _scale(vae.decoder.conv_out, seen, _SPREAD_OF_PIXELS)


def _scale(layer: Any, said: torch.Tensor, spread: float) -> None:  # noqa: ANN401
    """Have each channel of `layer`, which has just `said` this, average zero and spread so wide."""
    flat = said[0].float().flatten(1)
    factor = (spread / flat.std(1)).to(layer.weight.dtype)
    layer.bias.sub_(flat.mean(1).to(layer.bias.dtype)).mul_(factor)
    layer.weight.mul_(factor.view(-1, 1, 1, 1))


def _tokenizer(shapes: Shapes) -> Any:  # noqa: ANN401
    """Return a tokenizer that spells: letters and digits, no vocabulary to download."""
    letters = string.ascii_lowercase + string.digits
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = {word: place for place, word in enumerate(words)}
    vocabulary["<|startoftext|>"] = shapes.text["bos_token_id"]
    vocabulary["<|endoftext|>"] = shapes.text["eos_token_id"]
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=TOKENS)


def _card(shapes: Shapes) -> ModelCard:
    return ModelCard(
        name="random",
        title="Random weights",
        description="The work of a real checkpoint without its pictures.",
        defaults=ModelDefaults(
            width=shapes.side, height=shapes.side, num_inference_steps=4, scheduler=SAMPLER
        ),
        max_pixels=shapes.side**2,
        schedulers=list(Scheduler),
        safety_checker=NO_CHECKER,
        weights_sha256="",
    )


def _pipeline(bundle: Bundle, tokenizer: Any, text_encoder: Any) -> Any:  # noqa: ANN401
    pipeline = StableDiffusionPipeline(
        vae=bundle.vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=bundle.unet,
        scheduler=scheduler_for(SAMPLER, SCHEDULER, 1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline

"""What the images of one generation have in common, looked up once: prompts read, sampler, LoRAs, what is drawn over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from inference.adapters.applying import Outfit
from inference.bundles import Bundle
from inference.generation import Generation
from inference.protocol import GenerationParameters
from inference.solvers import SolverTable
from inference.stages.canvas import Canvas, canvas_of, nothing_kept
from inference.stages.easel import Easel, lay


class Key(NamedTuple):
    """What images of one step must share. `precise` ones are drawn again in float32.

    Embeddings of other lengths are other shapes: to fill one up for the sake of a batch mate would change
    its picture, so images share steps with those of as many `tokens`.
    """

    model: str
    height: int
    width: int
    tokens: int
    precise: bool = False


@dataclass(frozen=True)
class Recipe:
    """What is drawn with, beside the noise; images of one generation share all but their words. Embeddings are [tokens, width]."""

    key: Key
    bundle: Bundle
    table: SolverTable
    scale: float
    positive: torch.Tensor
    negative: torch.Tensor | None  # None without guidance: it would have no say
    outfit: Outfit = ()
    easel: Easel | None = None
    canvas: Canvas | None = None
    begins_as_noise: bool = False  # all of what is masked, although there is a picture
    surroundings: torch.Tensor | None = None  # for a UNet that sees them, where there is no mask


class _Said(NamedTuple):
    """What the prompts of one image come to, read with the LoRAs that it names."""

    positive: torch.Tensor
    negative: torch.Tensor | None
    outfit: Outfit


@torch.inference_mode()
def read_prompts(bundle: Bundle, generations: Iterable[Generation]) -> None:
    """Have the text encoder read what all of `generations` say, at once; recipes then find it remembered."""
    said: dict[Outfit, list[str]] = {}
    for generation in generations:
        for index in range(generation.parameters.num_images):
            asked = generation.parameters.of_image(index)
            outfit = bundle.shelf.outfit(asked.loras_used)
            said.setdefault(outfit, []).extend(_words_of(asked))
    for outfit, words in said.items():
        bundle.encoder.read(words, outfit)


@torch.inference_mode()
def recipe_for(bundle: Bundle, generation: Generation, *, precise: bool = False) -> Recipe:
    """Look up the sampler of a generation, lay out what it draws over, and read the prompts of its first image."""
    asked = generation.parameters
    said = _said(bundle, generation, 0)
    easel = lay(asked, generation.request.pictures)
    canvas = _canvas_of(bundle, easel) if easel else None
    unmasked = canvas is None or canvas.mask is None
    return Recipe(
        key=Key(asked.model, asked.height, asked.width, len(said.positive), precise),
        bundle=bundle,
        table=bundle.solvers.table(asked.scheduler, asked.num_inference_steps, asked.skipped_steps),
        scale=asked.guidance_scale,
        positive=said.positive,
        negative=said.negative,
        outfit=said.outfit,
        easel=easel,
        canvas=canvas,
        begins_as_noise=asked.repaints and asked.strength == 1,
        surroundings=nothing_kept(bundle.vae, asked.height, asked.width)
        if unmasked and bundle.sees_surroundings
        else None,
    )


def _canvas_of(bundle: Bundle, easel: Easel) -> Canvas:
    return canvas_of(bundle.vae, easel.pixels, easel.masked, shows_hidden=bundle.sees_surroundings)


@torch.inference_mode()
def worded(recipe: Recipe, generation: Generation, index: int) -> Recipe:
    """Return `recipe` with the words of image `index`, which may be of another length and name other LoRAs."""
    said = _said(recipe.bundle, generation, index)
    key = recipe.key._replace(tokens=len(said.positive))
    return replace(
        recipe, key=key, positive=said.positive, negative=said.negative, outfit=said.outfit
    )


def _said(bundle: Bundle, generation: Generation, index: int) -> _Said:
    own = generation.parameters.of_image(index)
    outfit = bundle.shelf.outfit(own.loras_used)
    positive, *negative = [said[0] for said in bundle.encoder.together(_words_of(own), outfit)]
    return _Said(positive, negative[0] if negative else None, outfit)


def _words_of(asked: GenerationParameters) -> list[str]:
    """Return the prompt and, where it has a say, the negative prompt of one image."""
    return [asked.prompt, asked.negative_prompt] if asked.guidance_scale > 1 else [asked.prompt]

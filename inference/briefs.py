"""What the images of one generation have in common, looked up once: prompts read, sampler, LoRAs, shapes, what is drawn over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch

from inference.adapters.applying import Outfit
from inference.bundles import Bundle
from inference.controls.applying import Shapes
from inference.controls.seeing import seen
from inference.generation import Generation
from inference.protocol import GenerationParameters
from inference.solvers import SolverTable
from inference.stages.canvas import Canvas, canvas_of, nothing_kept
from inference.stages.easel import Easel, lay
from inference.stages.enlarged import Enlarged
from inference.stages.whole import whole_of


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
class Brief:
    """What is drawn with, beside the noise; images of one generation share all but their words. Embeddings are [tokens, width]."""

    key: Key
    bundle: Bundle
    table: SolverTable
    scale: float
    positive: torch.Tensor
    negative: torch.Tensor | None  # None without guidance: it would have no say
    wholes: tuple[torch.Tensor, ...] = ()  # in SDXL one [v] for each of the two: see `stages.whole`
    outfit: Outfit = ()
    easel: Easel | Enlarged | None = None
    canvas: Canvas | None = None
    begins_as_noise: bool = False  # all of what is masked, although there is a picture
    surroundings: torch.Tensor | None = None  # for a UNet that sees them, where there is no mask
    shapes: Shapes = ()
    decoder: Any = (
        None  # that makes pixels of what comes out: the model's VAE, or its tiny one for a draft
    )

    @property
    def rows(self) -> int:
        """UNet rows of one step: without guidance none is spent on the negative prompt."""
        return 1 if self.negative is None else 2


class _Said(NamedTuple):
    """What the prompts of one image come to, read with the LoRAs that it names."""

    positive: torch.Tensor
    negative: torch.Tensor | None
    wholes: tuple[torch.Tensor, ...]
    outfit: Outfit


@torch.inference_mode()
def read_prompts(bundle: Bundle, generations: Iterable[Generation]) -> None:
    """Have the text encoder read what all of `generations` say, at once; briefs then find it remembered."""
    said: dict[Outfit, list[str]] = {}
    for generation in generations:
        for index in range(generation.parameters.num_images):
            asked = generation.parameters.of_image(index)
            outfit = bundle.shelf.outfit(asked.loras_used)
            said.setdefault(outfit, []).extend(_words_of(asked))
    for outfit, words in said.items():
        bundle.encoder.read(words, outfit)


@torch.inference_mode()
def brief_for(bundle: Bundle, generation: Generation, *, precise: bool = False) -> Brief:
    """Look up the sampler of a generation, lay out what it draws over, and read the prompts of its first image.

    What an upscale draws over is large, and laid out beside the steps: see `enlarger`.
    """
    asked = generation.parameters
    said = _said(bundle, generation, 0)
    height, width = generation.drawn_at_once
    easel = None if asked.upscale else lay(asked, generation.request.pictures)
    canvas = _canvas_of(bundle, easel) if easel else None
    unmasked = canvas is None or canvas.mask is None
    return Brief(
        key=Key(asked.model, height, width, len(said.positive), precise),
        bundle=bundle,
        table=bundle.solvers.table(asked.scheduler, asked.num_inference_steps, asked.skipped_steps),
        scale=asked.guidance_scale,
        positive=said.positive,
        negative=said.negative,
        wholes=said.wholes,
        outfit=said.outfit,
        easel=easel,
        canvas=canvas,
        begins_as_noise=asked.repaints and asked.strength == 1,
        surroundings=nothing_kept(bundle.vae, height, width)
        if unmasked and bundle.sees_surroundings
        else None,
        shapes=bundle.controls.shapes(
            asked.control,
            seen(asked, generation.request.pictures, easel.region if easel else None),
            precise=precise,
        ),
        decoder=bundle.decoder(asked.decoder),
    )


def _canvas_of(bundle: Bundle, easel: Easel) -> Canvas:
    return canvas_of(bundle.vae, easel.pixels, easel.masked, shows_hidden=bundle.sees_surroundings)


@torch.inference_mode()
def worded(brief: Brief, generation: Generation, index: int) -> Brief:
    """Return `brief` with the words of image `index`, which may be of another length and name other LoRAs."""
    said = _said(brief.bundle, generation, index)
    key = brief.key._replace(tokens=len(said.positive))
    return replace(brief, key=key, **said._asdict())


def _said(bundle: Bundle, generation: Generation, index: int) -> _Said:
    own = generation.parameters.of_image(index)
    outfit = bundle.shelf.outfit(own.loras_used)
    positive, *negative = bundle.encoder.conditions(*_words_of(own), outfit=outfit)
    wholes = tuple(
        whole_of(one.pooled, own.height, own.width)
        for one in (positive, *negative)
        if one.pooled is not None
    )
    return _Said(positive.tokens[0], negative[0].tokens[0] if negative else None, wholes, outfit)


def _words_of(asked: GenerationParameters) -> list[str]:
    """Return the prompt and, where it has a say, the negative prompt of one image."""
    return [asked.prompt, asked.negative_prompt] if asked.guidance_scale > 1 else [asked.prompt]

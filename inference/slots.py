"""One image on its way through the steps: where it stands, and what it needs of its batch mates.

Admission draws its noise, reads its prompt and looks up its sampler once; between steps nothing but
this holds its state, so that it can sit out any number of ticks and lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from inference.adapters.applying import Outfit
from inference.bundles import Bundle
from inference.devices import to_device
from inference.generation import Generation
from inference.protocol import Priority
from inference.solvers import SolverTable
from inference.stages.denoise import Batch, Stepped
from inference.stages.latents import noise_of


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
    """What the images of one generation have in common. Embeddings are [tokens, width]."""

    key: Key
    bundle: Bundle
    table: SolverTable
    scale: float
    positive: torch.Tensor
    negative: torch.Tensor | None  # None without guidance: it would have no say
    outfit: Outfit = ()


@dataclass(eq=False)
class Slot:
    """An image between steps: float32 latents and history [c, h, w], and all noise [draws, c, h, w] to come."""

    generation: Generation
    index: int
    recipe: Recipe
    latents: torch.Tensor
    history: torch.Tensor
    noise: torch.Tensor
    served_at: float
    step: int = 0

    @property
    def key(self) -> Key:
        """What it must share with its batch mates."""
        return self.recipe.key

    @property
    def rows(self) -> int:
        """UNet rows of one step: without guidance none is spent on the negative prompt."""
        return 1 if self.recipe.negative is None else 2

    @property
    def steps_left(self) -> int:
        """How many steps are still to be taken."""
        return self.recipe.table.steps - self.step

    @property
    def fresh_noise(self) -> torch.Tensor | None:
        """The noise [c, h, w] that the next step draws, if it does."""
        draw = self.recipe.table.draw_at(self.step)
        return None if draw is None else self.noise[draw]

    @property
    def priority(self) -> Priority:
        """How urgently it is wanted."""
        return self.generation.parameters.priority

    def take(self, latents: torch.Tensor, history: torch.Tensor, now: float) -> None:
        """Be one step further."""
        self.latents, self.history = latents, history
        self.step += 1
        self.served_at = now


@torch.inference_mode()
def read_prompts(bundle: Bundle, generations: Iterable[Generation]) -> None:
    """Have the text encoder read what all of `generations` say, at once; recipes then find it remembered."""
    said: dict[Outfit, list[str]] = {}
    for generation in generations:
        outfit = bundle.shelf.outfit(generation.parameters.loras_used)
        said.setdefault(outfit, []).extend(_words_of(generation))
    for outfit, words in said.items():
        bundle.encoder.read(words, outfit)


@torch.inference_mode()
def recipe_for(bundle: Bundle, generation: Generation, *, precise: bool = False) -> Recipe:
    """Read the prompts and look up the sampler of a generation."""
    asked = generation.parameters
    outfit = bundle.shelf.outfit(asked.loras_used)
    words = bundle.encoder.together(_words_of(generation), outfit)
    positive, *negative = [said[0] for said in words]
    return Recipe(
        key=Key(asked.model, asked.height, asked.width, len(positive), precise),
        bundle=bundle,
        table=bundle.solvers.table(asked.scheduler, asked.num_inference_steps),
        scale=asked.guidance_scale,
        positive=positive,
        negative=negative[0] if negative else None,
        outfit=outfit,
    )


def slot_for(generation: Generation, index: int, recipe: Recipe, now: float) -> Slot:
    """Return image `index` of a generation before its first step, its noise drawn."""
    bundle, table = recipe.bundle, recipe.table
    shape = (
        int(bundle.unet.config.in_channels),
        recipe.key.height // bundle.pixels_per_latent,
        recipe.key.width // bundle.pixels_per_latent,
    )
    seed = generation.parameters.seed_of(index)
    drawn = noise_of(seed, shape, table.draws, sigma=table.init_sigma)
    latents, noise = (to_device(tensor, bundle.placement.device) for tensor in drawn)
    return Slot(generation, index, recipe, latents, torch.zeros_like(latents), noise, now)


def guided_first(slots: Iterable[Slot]) -> list[Slot]:
    """Return `slots` in the order that a batch wants, otherwise as they were."""
    return sorted(slots, key=lambda slot: slot.recipe.negative is None)


def batch_of(slots: Sequence[Slot]) -> Batch:
    """Return the state of `slots`, all of one key and `guided_first`, stacked for one step."""
    device = slots[0].latents.device
    negatives = [slot.recipe.negative for slot in slots if slot.recipe.negative is not None]
    guided = len(negatives)
    scales = torch.tensor([slot.recipe.scale for slot in slots[:guided]]).view(-1, 1, 1, 1)
    rows = torch.stack([slot.recipe.table.rows[slot.step] for slot in slots])
    return Batch(
        latents=torch.stack([slot.latents for slot in slots]),
        history=torch.stack([slot.history for slot in slots]),
        noise=_noise_of(slots),
        rows=to_device(rows, device),
        positives=torch.stack([slot.recipe.positive for slot in slots]),
        guided=guided,
        negatives=torch.stack(negatives) if guided else None,
        scales=to_device(scales, device) if guided else None,
    )


def outfits_of(slots: Sequence[Slot]) -> list[Outfit]:
    """Return what each UNet row of `batch_of` wears: the images, then again those that have guidance."""
    guided = [slot for slot in slots if slot.recipe.negative is not None]
    return [slot.recipe.outfit for slot in (*slots, *guided)]


def take_step(slots: Sequence[Slot], stepped: Stepped, now: float) -> None:
    """Put what a step made back into the slots it was made from."""
    for slot, latents, history in zip(slots, stepped.latents, stepped.history, strict=True):
        slot.take(latents, history, now)


def _words_of(generation: Generation) -> list[str]:
    """Return the prompt and, where it has a say, the negative prompt."""
    asked = generation.parameters
    return [asked.prompt, asked.negative_prompt] if asked.guidance_scale > 1 else [asked.prompt]


def _noise_of(slots: Sequence[Slot]) -> torch.Tensor | None:
    """Return the fresh noise of this step, zero where a sampler draws none; `None` if none does."""
    drawn = [slot.fresh_noise for slot in slots]
    if all(noise is None for noise in drawn):
        return None
    nothing = torch.zeros_like(slots[0].latents)
    return torch.stack([nothing if noise is None else noise for noise in drawn])

"""One image on its way through the steps: where it stands, and what it needs of its batch mates.

Admission draws its noise once, by its generation's brief; between steps nothing but this holds its state, so that it
can sit out any number of ticks and lose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from inference.adapters.applying import Outfit
from inference.briefs import Brief, Key
from inference.controls.applying import Shapes
from inference.devices import to_device
from inference.generation import COST_OF_A_SHAPE, Generation
from inference.protocol import Priority
from inference.stages.denoise import Batch, Kept, Stepped
from inference.stages.latents import Noise, between, noise_of


class Over(NamedTuple):
    """What one image draws over: the latents [c, h, w] of its picture, and the noise on them."""

    picture: torch.Tensor
    noise: torch.Tensor


@dataclass(eq=False)
class Slot:
    """An image between steps: float32 latents and history [c, h, w], and all noise [draws, c, h, w] to come.

    `beside` [1 + c, h, w] is what a UNet made for masks sees besides the latents: the mask, and what it leaves.
    """

    generation: Generation
    index: int
    brief: Brief
    latents: torch.Tensor
    history: torch.Tensor
    noise: torch.Tensor
    served_at: float
    over: Over | None = None
    beside: torch.Tensor | None = None
    step: int = 0

    @property
    def key(self) -> Key:
        """What it must share with its batch mates."""
        return self.brief.key

    @property
    def rows(self) -> int:
        """UNet rows that the next step is worth: none is spent on a negative prompt without guidance.

        A ControlNet is asked about each of them, and costs its share of a row.
        """
        own = self.brief.rows
        return own + math.ceil(own * COST_OF_A_SHAPE * len(self.shapes))

    @property
    def shapes(self) -> Shapes:
        """What has a say in the next step, of what it is drawn by."""
        steps = self.brief.table.steps
        return tuple(shape for shape in self.brief.shapes if shape.at(self.step, steps))

    @property
    def berths(self) -> int:
        """How much room it takes among those who share the steps."""
        return self.generation.berths_each

    @property
    def done(self) -> int:
        """How many steps it has taken."""
        return self.step

    @property
    def steps_left(self) -> int:
        """How many steps are still to be taken."""
        return self.brief.table.steps - self.step

    @property
    def fresh_noise(self) -> torch.Tensor | None:
        """The noise [c, h, w] that the next step draws, if it does."""
        draw = self.brief.table.draw_at(self.step)
        return None if draw is None else self.noise[draw]

    @property
    def keeps(self) -> bool:
        """Whether a part of a picture stays as it was; a UNet that sees what surrounds the mask keeps it by itself."""
        canvas = self.brief.canvas
        return canvas is not None and canvas.mask is not None and canvas.hidden is None

    @property
    def priority(self) -> Priority:
        """How urgently it is wanted."""
        return self.generation.parameters.priority

    def take(self, latents: torch.Tensor, history: torch.Tensor, now: float) -> None:
        """Be one step further."""
        self.latents, self.history = latents, history
        self.step += 1
        self.served_at = now


def slot_for(generation: Generation, index: int, brief: Brief, now: float) -> Slot:
    """Return image `index` of a generation before its first step, its noise drawn."""
    noise = _noise_for(generation, index, brief).on(brief.bundle.placement.device)
    over = None
    if brief.canvas is not None and noise.picture is not None:
        over = Over(brief.canvas.picture.at(noise.picture), noise.start)
    # All of a masked part may be noise, although there is a picture.
    begins_as = None if over is None or brief.begins_as_noise else over.picture
    latents = first_latents(brief, noise.start, begins_as)
    return Slot(
        generation=generation,
        index=index,
        brief=brief,
        latents=latents,
        history=torch.zeros_like(latents),
        noise=noise.steps,
        served_at=now,
        over=over,
        beside=_beside(brief, noise),
    )


def _noise_for(generation: Generation, index: int, brief: Brief) -> Noise:
    asked, bundle, canvas = generation.parameters, brief.bundle, brief.canvas
    shape = (
        int(bundle.vae.config.latent_channels),
        brief.key.height // bundle.pixels_per_latent,
        brief.key.width // bundle.pixels_per_latent,
    )
    has_mask = canvas is not None and canvas.mask is not None
    # As in diffusers: that of what is hidden is drawn for every mask, also where no UNet is shown it, and that of
    # the picture for every picture, unless neither the first latents nor what is kept need it.
    unseen = brief.begins_as_noise and bundle.sees_surroundings
    has_picture = canvas is not None and not unseen

    def drawn(seed: int) -> Noise:
        return noise_of(seed, shape, brief.table.draws, picture=has_picture, hidden=has_mask)

    noise = drawn(asked.seed_of(index))
    if not asked.variation_strength:
        return noise
    other = drawn(asked.variation_seed_of(index))
    return replace(noise, start=between(noise.start, other.start, asked.variation_strength))


def _beside(brief: Brief, noise: Noise) -> torch.Tensor | None:
    canvas = brief.canvas
    if canvas is None or canvas.mask is None or canvas.hidden is None or noise.hidden is None:
        return brief.surroundings
    return torch.cat([canvas.mask, canvas.hidden.at(noise.hidden)])


def first_latents(brief: Brief, start: torch.Tensor, picture: torch.Tensor | None) -> torch.Tensor:
    """Return noise alone, or a picture's latents under as much noise as strength wants."""
    if picture is None:
        return start * brief.table.init_sigma
    signal, amount = brief.table.noising[0].tolist()
    return signal * picture + amount * start


def guided_first(slots: Iterable[Slot]) -> list[Slot]:
    """Return `slots` in the order that a batch wants, otherwise as they were."""
    return sorted(slots, key=lambda slot: slot.brief.negative is None)


def batch_of(slots: Sequence[Slot]) -> Batch:
    """Return the state of `slots`, all of one key and `guided_first`, stacked for one step."""
    device = slots[0].latents.device
    negatives = [slot.brief.negative for slot in slots if slot.brief.negative is not None]
    guided = len(negatives)
    scales = torch.tensor([slot.brief.scale for slot in slots[:guided]]).view(-1, 1, 1, 1)
    rows = torch.stack([slot.brief.table.rows[slot.step] for slot in slots])
    return Batch(
        latents=torch.stack([slot.latents for slot in slots]),
        history=torch.stack([slot.history for slot in slots]),
        noise=_noise_of(slots),
        rows=to_device(rows, device),
        positives=torch.stack([slot.brief.positive for slot in slots]),
        guided=guided,
        negatives=torch.stack(negatives) if guided else None,
        scales=to_device(scales, device) if guided else None,
        kept=_kept_of(slots),
        beside=_beside_of(slots),
        wholes=_wholes_of(slots),
    )


def outfits_of(slots: Sequence[Slot]) -> list[Outfit]:
    """Return what each UNet row of `batch_of` wears."""
    return [slot.brief.outfit for slot in _rows_of(slots)]


def shapes_of(slots: Sequence[Slot]) -> list[Shapes]:
    """Return what each UNet row of `batch_of` is drawn by in this step."""
    return [slot.shapes for slot in _rows_of(slots)]


def _rows_of(slots: Sequence[Slot]) -> list[Slot]:
    """Return whose each UNet row of `batch_of` is: the images', then again of those that have guidance."""
    return [*slots, *(slot for slot in slots if slot.brief.negative is not None)]


def take_step(slots: Sequence[Slot], stepped: Stepped, now: float) -> None:
    """Put what a step made back into the slots it was made from."""
    for slot, latents, history in zip(slots, stepped.latents, stepped.history, strict=True):
        slot.take(latents, history, now)


def _kept_of(slots: Sequence[Slot]) -> Kept | None:
    """Return what these images keep of what they draw over; `None` if none keeps anything."""
    keeping = [slot.over if slot.keeps else None for slot in slots]
    if not any(keeping):
        return None
    nothing, everywhere = torch.zeros_like(slots[0].latents), torch.ones_like(slots[0].latents[:1])
    masks = [slot.brief.canvas.mask if slot.keeps else everywhere for slot in slots]  # type: ignore[union-attr]
    noising = torch.stack([slot.brief.table.noising[slot.step + 1] for slot in slots])
    return Kept(
        pictures=torch.stack([over.picture if over else nothing for over in keeping]),
        noise=torch.stack([over.noise if over else nothing for over in keeping]),
        masks=torch.stack(masks),
        noising=to_device(noising, nothing.device),
    )


def _beside_of(slots: Sequence[Slot]) -> torch.Tensor | None:
    """Return what the UNet sees beside the latents; all images of such a checkpoint have it."""
    beside = [slot.beside for slot in slots if slot.beside is not None]
    return torch.stack(beside) if beside else None


def _wholes_of(slots: Sequence[Slot]) -> torch.Tensor | None:
    """Return what SDXL is told of each UNet row as a whole: the images, then again those that have guidance."""
    rows = [slot.brief.wholes[0] for slot in slots if slot.brief.wholes]
    rows += [slot.brief.wholes[1] for slot in slots if len(slot.brief.wholes) > 1]
    return torch.stack(rows) if rows else None


def _noise_of(slots: Sequence[Slot]) -> torch.Tensor | None:
    """Return the fresh noise of this step, zero where a sampler draws none; `None` if none does."""
    drawn = [slot.fresh_noise for slot in slots]
    if all(noise is None for noise in drawn):
        return None
    nothing = torch.zeros_like(slots[0].latents)
    return torch.stack([nothing if noise is None else noise for noise in drawn])

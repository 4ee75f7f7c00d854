"""An upscale on its way through the steps: one sheet of latents, of which windows take the ordinary steps.

Every window is a runner like any other image: a crop of the sheet's latents, history and noise, with batch mates of
whoever draws at that size. When all windows of a sheet have taken a step, what they came to is mixed with smooth weights
into the sheet, and cropped anew for the next one. A sampler's step is linear in latents, prediction, history and noise,
and all but the prediction are crops of the same tensors, so mixing what came out is mixing the predictions: Barbero
Jiménez 2023, arXiv:2302.02412; Bar-Tal et al. 2023, arXiv:2302.08113. What is coarse stays the picture's after each step: Choi et al.
2021, arXiv:2108.02938.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import torch

from inference.briefs import Brief, Key
from inference.devices import to_device
from inference.enlarging import Enlargement
from inference.generation import Generation
from inference.slots import Slot, first_latents
from inference.stages.blending import Blend, coarse
from inference.stages.canvas import Posterior
from inference.stages.latents import Source, between
from inference.tiles import Place

HELD: Final = 2
"""Latents a side of the smallest shapes that are the picture's and not the model's: 16 pixels."""


class Sheet:
    """One image of an upscale between ticks. `latents` and `history` are float32 [c, h, w], of the whole image.

    `so_far` is about what the image would look like if it were finished now, for previews. Fresh noise is drawn when
    its step begins, in the order in which it would have been drawn at once.
    """

    def __init__(  # noqa: PLR0913 - what an image is, and how it is cut
        self,
        generation: Generation,
        index: int,
        brief: Brief,
        *,
        picture: Posterior,
        enlargement: Enlargement,
        now: float,
    ) -> None:
        self.generation, self.index, self.brief, self.served_at = generation, index, brief, now
        self._device, self._places = brief.bundle.placement.device, enlargement.grid.places
        self._blend = Blend(enlargement.grid, self._device)
        self._source = Source(generation.parameters.seed_of(index), tuple(picture.mean.shape))
        over = picture.on(self._device).at(to_device(self._source.draw(), self._device))
        start = to_device(self._start(), self._device)
        self._picture, self._noise = over, start
        self.latents = first_latents(brief, start, over)
        self.history = torch.zeros_like(self.latents)
        self.so_far = over.clone()
        self.step = 0
        self._begin()

    @property
    def key(self) -> Key:
        """What its windows must share with their batch mates."""
        return self.brief.key

    @property
    def steps_left(self) -> int:
        """How many steps are still to be taken."""
        return self.brief.table.steps - self.step

    @property
    def windows_left(self) -> int:
        """How many steps of single windows are still to be taken."""
        return self.steps_left * len(self._places) - self._taken

    @property
    def done(self) -> int:
        """How many steps of single windows have been taken."""
        return self.step * len(self._places) + self._taken

    @property
    def berths(self) -> int:
        """How much room it takes."""
        return self.generation.berths_each

    def runners(self, rows: int) -> Iterator[Window]:
        """Yield windows that can take the step now, no more than fit into `rows`."""
        most = max(1, rows // self.brief.rows)
        return (self._window(place) for place in islice(self._left, most))

    def take(self, place: Place, latents: torch.Tensor, history: torch.Tensor, now: float) -> None:
        """Know what the window at `place` came to; with the last one, be one step further."""
        self._blend.add(self._latents, latents, place)
        self._blend.add(self._history, history, place)
        del self._left[place]
        self.served_at = now
        self.generation.steps_done += 1
        if not self._left:
            self.step += 1
            self.latents, self.history = self._held(self._latents), self._history
            self._begin()

    def show(self, place: Place, clean: torch.Tensor) -> None:
        """Know what the window at `place` would look like if it were finished now."""
        there = self._blend.crop(self.so_far, place)
        there.lerp_(clean, self._blend.weights)

    @property
    def _taken(self) -> int:
        return len(self._places) - len(self._left)

    def _begin(self) -> None:
        """Make ready for the next step, if there is one."""
        self._left = dict.fromkeys(self._places)
        self._latents, self._history = (
            torch.zeros_like(self.latents),
            torch.zeros_like(self.latents),
        )
        draws = self.steps_left and self.brief.table.draw_at(self.step) is not None
        self._fresh = to_device(self._source.draw(), self._device) if draws else None

    def _held(self, latents: torch.Tensor) -> torch.Tensor:
        """Return `latents` with their coarse shapes as the picture has them, under as much noise as there is now.

        A window sees a part and is told of the whole, and would draw the whole into it. One that sees all of the
        picture needs no such hold, and is left alone.
        """
        if len(self._places) == 1:
            return latents
        signal, amount = self.brief.table.noising[self.step].tolist()
        return latents + coarse(signal * self._picture + amount * self._noise - latents, HELD)

    def _start(self) -> torch.Tensor:
        asked, own = self.generation.parameters, self._source.draw()
        if not asked.variation_strength:
            return own
        other = Source(asked.variation_seed_of(self.index), tuple(own.shape))
        other.draw()  # as many numbers as picked the picture's latents
        return between(own, other.draw(), asked.variation_strength)

    def _window(self, place: Place) -> Window:
        def crop(whole: torch.Tensor) -> torch.Tensor:
            return self._blend.crop(whole, place)

        return Window(
            generation=self.generation,
            index=self.index,
            brief=self.brief,
            latents=crop(self.latents),
            history=crop(self.history),
            noise=self.latents[:0],
            served_at=self.served_at,
            beside=self.brief.surroundings,
            step=self.step,
            sheet=self,
            place=place,
            fresh=None if self._fresh is None else crop(self._fresh),
        )


@dataclass(eq=False, kw_only=True)
class Window(Slot):
    """A part of a sheet, for one step."""

    sheet: Sheet
    place: Place
    fresh: torch.Tensor | None

    @property
    def steps_left(self) -> int:
        """What is left of the whole sheet, one window after the other: small work goes first."""
        return self.sheet.windows_left

    @property
    def fresh_noise(self) -> torch.Tensor | None:
        """The noise [c, h, w] of this step, if it draws some."""
        return self.fresh

    def take(self, latents: torch.Tensor, history: torch.Tensor, now: float) -> None:
        """Give the sheet what came of this step."""
        self.sheet.take(self.place, latents, history, now)


def resampled(generation: Generation, index: int, brief: Brief, now: float) -> Slot:
    """Return an image of which nothing is drawn: it has taken every step, and has no latents."""
    nothing = torch.empty(0)
    return Slot(generation, index, brief, nothing, nothing, nothing, now)

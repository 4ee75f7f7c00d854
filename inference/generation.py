"""One generation as the engine holds it in memory: what was asked, how far it is, what came out.

Leaves drawing to `loop`, waiting and retention to `engine` and `holding`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from inference.enlarging import Enlargement, enlargement_of
from inference.imaging import WEBP
from inference.mailbox import Mailbox
from inference.protocol import (
    Canceled,
    Done,
    Failed,
    GenerationParameters,
    GenerationRequest,
    ImageReady,
    MeasuredPreview,
    PreviewsWanted,
    Progress,
)
from inference.rhythm import Rhythm
from inference.trail import Trail

COST_OF_A_SHAPE: Final = 0.5
"""UNet rows that a ControlNet is worth for each row that it is asked about: it is a UNet's first half."""


class State(StrEnum):
    """Where a generation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Delivery:
    """What whoever asked can take: previews on the way or none, and which kind of file."""

    previews: bool = True
    content_type: str = WEBP


@dataclass(eq=False)
class Generation:
    """A request taken in. `parameters` are complete: every default filled in, the seed drawn.

    `rows_at_stake` are the UNet rows computed for it so far, which are wasted if it comes to nothing.
    """

    request: GenerationRequest
    parameters: GenerationParameters
    delivery: Delivery = Delivery()
    mailbox: Mailbox = field(default_factory=Mailbox)
    state: State = State.QUEUED
    images: dict[int, bytes] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    steps_done: int = 0
    rows_at_stake: int = 0
    rhythm: Rhythm = field(default_factory=Rhythm)
    trail: Trail = field(default_factory=Trail)
    asked_at: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    previewed_at: float | None = None
    ended_at: float | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> str:
        """The id under which it was asked for."""
        return self.request.id

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.ended_at is not None

    @property
    def attachable(self) -> bool:
        """Whether asking for it again should lead to this one, and not to a fresh try."""
        return not self._stop.is_set() and self.state not in {State.FAILED, State.CANCELED}

    @property
    def held_bytes(self) -> int:
        """How much memory its finished images take."""
        return sum(len(data) for data in self.images.values())

    @cached_property
    def enlargement(self) -> Enlargement | None:
        """How large an upscale comes out, and in which windows; None for anything else.

        Raises:
            InvalidParameters: It cannot be done.
        """
        return enlargement_of(self.parameters, self.request.pictures)

    @property
    def drawn_at_once(self) -> tuple[int, int]:
        """Height and width in pixels of what the model sees in one step."""
        larger = self.enlargement
        return larger.tile if larger else (self.parameters.height, self.parameters.width)

    @property
    def berths_each(self) -> int:
        """How much room each of its images takes among those who share the steps."""
        return self.enlargement.berths if self.enlargement else 1

    @property
    def berths(self) -> int:
        """How much room it takes."""
        return self.parameters.num_images * self.berths_each

    @property
    def steps_to_take(self) -> int:
        """What `steps_done` comes to: steps of each image; where they are drawn in windows, steps of all windows."""
        steps, larger = self.parameters.taken_steps, self.enlargement
        return steps * larger.grid.windows * self.parameters.num_images if larger else steps

    @property
    def units_left(self) -> float:
        """The work still to do; see `pace`."""
        images = 1 if self.enlargement else self.parameters.num_images
        height, width = self.drawn_at_once
        shapes = sum(use.end - use.start for use in self.parameters.control if use.scale)
        rows = images * rows_of_image(self.parameters) * (1 + COST_OF_A_SHAPE * shapes)
        units = rows * height * width
        return float(units * (self.steps_to_take - self.steps_done))

    def progress(self) -> Progress:
        """Return how far it is, once a step has been taken, and how long the rest may take."""
        step, total = self.steps_done, self.steps_to_take
        passed = time.monotonic() - (self.started_at or time.monotonic())
        return Progress(step=step, total=total, eta_s=round(passed / step * (total - step), 2))

    def wants_preview(self, index: int) -> bool:
        """Say whether image `index` should be shown now, and take note that it is."""
        wanted = self.delivery.previews and self.request.previews is not PreviewsWanted.NONE
        return wanted and self.rhythm.due(index)

    def reach(self, step: int) -> None:
        """Tell that it has taken `step` of its steps."""
        self.steps_done = step
        self.trail.step(step)
        self.mailbox.put(self.progress())

    def add_timing(self, stage: str, seconds: float) -> None:
        """Add to what `stage` has taken; each stage has one thread that does."""
        self.timings[stage] = self.timings.get(stage, 0.0) + seconds

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        """Add what happens inside to `stage`."""
        began = time.monotonic()
        yield
        ended = time.monotonic()
        self.add_timing(stage, ended - began)
        self.trail.stage(stage, began, ended)

    def raise_if_given_up(self) -> None:
        """Check, in the midst of long work beside the steps, whether it is still wanted.

        Raises:
            Canceled: It has ended, or somebody has asked it to stop.
        """
        if self.stopping or self.ended:
            raise Canceled("it was canceled")

    @property
    def stopping(self) -> bool:
        """Whether somebody has asked it to stop."""
        return self._stop.is_set()

    def ask_to_stop(self) -> None:
        """Have it stop before its next step."""
        self._stop.set()

    def raise_if_stopped(self, grace_s: float) -> None:
        """Check between two steps whether to go on.

        Raises:
            Canceled: Somebody asked it to stop, or nobody has been listening for `grace_s` seconds.
        """
        if self._stop.is_set():
            raise Canceled("it was canceled")
        if self.mailbox.idle_seconds() > grace_s:
            self._stop.set()
            raise Canceled(f"nobody has been following it for {grace_s:g} s")

    def show(self, preview: MeasuredPreview) -> bool:
        """Tell of a preview, unless the image is finished by now or it has ended; say whether it was told."""
        with self._ending:
            if self.ended or preview.index in self.images:
                return False
            self.mailbox.put(preview)
            return True

    def keep(self, ready: ImageReady, data: bytes) -> None:
        """Keep a finished image and tell of it, unless it has already ended otherwise."""
        with self._ending:
            if self.ended:
                return
            self.images[ready.index] = data
            self.mailbox.put(ready)

    def end(self, event: Done | Failed) -> bool:
        """Close it with its last event; only the first such call counts, and says so."""
        with self._ending:
            if self.ended:
                return False
            self.state = _state_after(event)
            self.ended_at = time.monotonic()
            if self.state is not State.SUCCEEDED:
                self.images.clear()
            self.mailbox.put(event)
            return True


def rows_of_image(parameters: GenerationParameters) -> int:
    """Return how many UNet rows a step of an image takes. Guidance 1 costs one row, not two."""
    return 2 if parameters.guidance_scale > 1 else 1


def _state_after(event: Done | Failed) -> State:
    if isinstance(event, Done):
        return State.SUCCEEDED
    return State.CANCELED if event.code == Canceled.code else State.FAILED

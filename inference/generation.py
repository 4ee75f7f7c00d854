"""One generation as the engine holds it in memory: what was asked, how far it is, what came out.

Leaves drawing to `loop`, waiting and retention to `engine` and `holding`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum

from inference.imaging import WEBP
from inference.mailbox import Mailbox
from inference.protocol import (
    Canceled,
    Done,
    Failed,
    GenerationParameters,
    GenerationRequest,
    ImageReady,
)
from inference.rhythm import Rhythm


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

    @property
    def units_left(self) -> float:
        """The work still to do; see `pace`."""
        return units_of_step(self.parameters) * (self.parameters.taken_steps - self.steps_done)

    def wants_preview(self, index: int) -> bool:
        """Say whether image `index` should be shown now, and take note that it is."""
        return self.delivery.previews and self.rhythm.due(index)

    def add_timing(self, stage: str, seconds: float) -> None:
        """Add to what `stage` has taken; each stage has one thread that does."""
        self.timings[stage] = self.timings.get(stage, 0.0) + seconds

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


def units_of_step(parameters: GenerationParameters) -> float:
    """Return the work in one step: UNet rows × pixels. Guidance 1 costs one row an image, not two."""
    rows = parameters.num_images * (2 if parameters.guidance_scale > 1 else 1)
    return float(rows * parameters.width * parameters.height)


def _state_after(event: Done | Failed) -> State:
    if isinstance(event, Done):
        return State.SUCCEEDED
    return State.CANCELED if event.code == Canceled.code else State.FAILED

"""When the stages of one generation began and ended in the engine, told as spans once it has ended.

Noted on whichever thread works, and only where somebody traces the request that asked: else every call returns at once.
"""

from __future__ import annotations

import time
from collections import deque
from contextvars import Context as Variables
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace import Span

from inference import tracing
from inference.request_ids import request_id

if TYPE_CHECKING:
    from inference.generation import Generation

STEPS_TOLD: Final = 128
"""As many events as a span of the SDK holds by itself; of more, the last."""


@dataclass(frozen=True)
class Stage:
    """Something that took from `began` to `ended` (seconds of `time.monotonic`), together with `shared` - 1 other images."""

    name: str
    began: float
    ended: float
    shared: int = 1


@dataclass
class Trail:
    """The stages and steps of one generation so far. Make it where the request is at work."""

    _asked: Variables | None = field(
        default_factory=lambda: copy_context() if tracing.is_on() else None
    )
    request_id: str | None = field(default_factory=request_id)
    _stages: list[Stage] = field(default_factory=list)
    _steps: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=STEPS_TOLD))

    @property
    def told(self) -> dict[str, object]:
        """What a log line about it carries: `logger.error(…, extra=trail.told)`."""
        return {"told": {"request_id": self.request_id}}

    def stage(self, name: str, began: float, ended: float, *, shared: int = 1) -> None:
        """Note that a stage is over."""
        if self._asked is not None:
            self._stages.append(Stage(name, began, ended, shared))

    def step(self, number: int) -> None:
        """Note that step `number` is over."""
        if self._asked is not None:
            self._steps.append((time.monotonic(), number))

    def tell(self, generation: Generation) -> None:
        """Tell of all of it, within the request that asked."""
        if self._asked is not None:
            self._asked.copy().run(self._tell, generation)

    def _tell(self, generation: Generation) -> None:
        ended = generation.ended_at or time.monotonic()
        asked = generation.parameters
        whole = tracing.begin(
            "engine",
            began=tracing.wall(generation.asked_at),
            generation_id=generation.id,
            model=asked.model,
            images=asked.num_images,
            steps=generation.steps_to_take,
            width=asked.width,
            height=asked.height,
            outcome=generation.state.value,
        )
        started = min(generation.started_at or ended, ended)
        within = trace.set_span_in_context(whole)
        tracing.past(
            "wait", tracing.wall(generation.asked_at), tracing.wall(started), within=within
        )
        for stage in self._stages:
            tracing.past(
                stage.name,
                tracing.wall(stage.began),
                tracing.wall(stage.ended),
                within=within,
                shared=stage.shared,
            )
        self._tell_of_steps(whole, started)
        whole.end(int(tracing.wall(ended) * 1e9))

    def _tell_of_steps(self, whole: Span, started: float) -> None:
        if not self._steps:
            return
        steps = [(tracing.wall(at), number) for at, number in self._steps]
        span = tracing.begin(
            "denoise", within=trace.set_span_in_context(whole), began=tracing.wall(started)
        )
        tracing.moments(span, "step", "step", steps)
        span.end(int(steps[-1][0] * 1e9))

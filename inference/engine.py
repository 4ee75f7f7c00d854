"""The engine: one thread that owns the models and draws one generation at a time, in turn.

    submit → waiting room → draw → finish → held for those who fetch it

Attaches by id, cancels between steps, foretells waits, drains. Importing it imports no torch: the
thread does, while the server already answers. Knows nothing of HTTP.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from inference import admission
from inference.catalog import Catalog
from inference.generation import Generation, State, units_of_step
from inference.holding import Bounds, Holding
from inference.metrics import Metrics
from inference.offline import stay_offline
from inference.pace import Pace
from inference.protocol import (
    Broken,
    Canceled,
    Failed,
    GenerationRequest,
    InferenceError,
    InferenceHealth,
    ModelCard,
    Overloaded,
    Queued,
    Unavailable,
    UnknownGeneration,
)

if TYPE_CHECKING:
    from inference.studio import Studio

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineOptions:
    """What an operator or a test may turn. Seconds where not said otherwise."""

    waiting_room: int = 8
    grace: float = 10.0
    stuck_after: float = 300.0
    bounds: Bounds = field(default_factory=Bounds)


class Engine:
    """Turns generation requests into images, on a thread of its own. Safe between threads."""

    def __init__(self, catalog: Catalog, options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self._catalog = catalog
        self._cards: dict[str, ModelCard] = {}
        self._studio: Studio | None = None
        self._trouble = "the model is still loading"
        self._holding = Holding(self.options.bounds)
        self._room: deque[Generation] = deque()
        self._running: Generation | None = None
        self._accepting = True
        self._stopping = False
        self._changed = threading.Condition()
        self._loaded = threading.Event()
        self._pace = Pace()
        self._last_sign_of_life = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="atelier-engine", daemon=True)
        self.metrics = Metrics(
            waiting=lambda: float(len(self._room)), running=lambda: float(self._running is not None)
        )

    def start(self) -> Engine:
        """Begin loading the models; returns at once."""
        self._thread.start()
        return self

    def wait_until_loaded(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for loading to end, and say whether the engine is ready."""
        self._loaded.wait(timeout)
        return self.health().ready

    def drain(self, timeout: float) -> None:
        """Take nothing more in, give what is there `timeout` seconds, tell the rest to try elsewhere."""
        with self._changed:
            self._accepting = False
            self._trouble = "this replica is shutting down"
            self._changed.wait_for(lambda: not self._room and not self._running, timeout)
            left = [*self._room, *([self._running] if self._running else [])]
            self._room.clear()
            self._stopping = True
            self._changed.notify_all()
        for generation in left:
            self._end(generation, Unavailable("this replica is shutting down").as_event())
            generation.ask_to_stop()

    def stop(self, timeout: float = 5.0) -> None:
        """Drain without patience and wait at most `timeout` seconds for the thread to end."""
        self.drain(0)
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    def submit(self, request: GenerationRequest) -> Generation:
        """Take `request` in, or attach to the generation of its id that runs or is held here.

        Raises:
            Unavailable: The model is still loading, could not be loaded, or the replica is leaving.
            UnknownModel: No model of that name is on offer here.
            InvalidParameters: The model cannot draw that, or the id belongs to another request.
            Overloaded: The waiting room is full.
        """
        try:
            return self._submit(request)
        except InferenceError as error:
            self.metrics.refused.labels(error.code).inc()
            raise

    def cancel(self, generation_id: str) -> None:
        """Stop a generation before its next step; unknown or ended ones are let be."""
        generation = self._holding.get(generation_id)
        if generation is None or generation.ended:
            return
        generation.ask_to_stop()
        with self._changed:
            waiting = generation in self._room
            if waiting:
                self._room.remove(generation)
                self._tell_positions()
        if waiting:
            self._end(generation, Canceled("it was canceled while it waited").as_event())

    def find(self, generation_id: str) -> Generation:
        """Return the generation of that id.

        Raises:
            UnknownGeneration: None is held here (any more).
        """
        return self._holding.find(generation_id)

    def image(self, generation_id: str, index: int) -> bytes:
        """Return the bytes of a finished image (lossless WebP).

        Raises:
            UnknownGeneration: No such image is held here (any more).
        """
        data = self.find(generation_id).images.get(index)
        if data is None:
            raise UnknownGeneration(f"generation {generation_id!r} has no finished image {index}")
        return data

    def models(self) -> list[ModelCard]:
        """Return the cards of the models on offer; the first is the default.

        Raises:
            Unavailable: Their folders have not been read yet, or cannot be.
        """
        if not self._cards:
            raise Unavailable(self._trouble, retry_after=2)
        return list(self._cards.values())

    def health(self) -> InferenceHealth:
        """Return whether it can draw now, and on what."""
        studio = self._studio
        return InferenceHealth(
            ready=studio is not None and self._accepting,
            device=studio.device if studio else "",
            dtype=studio.dtype if studio else "",
            running=int(self._running is not None),
            waiting=len(self._room),
            detail="" if studio and self._accepting else self._trouble,
        )

    def backlog_seconds(self) -> float:
        """Return how long everything taken in will about still take."""
        under_way = [g for g in (self._running, *tuple(self._room)) if g is not None]
        return self._pace.seconds_for(sum(g.units_left for g in under_way))

    def raise_if_stuck(self) -> None:
        """Check that the thread lives and moves; for a host that can restart the replica.

        Raises:
            Broken: It does not.
        """
        if self._loaded.is_set() and not self._stopping and not self._thread.is_alive():
            raise Broken("the engine's thread has died")
        quiet = time.monotonic() - self._last_sign_of_life
        if self._running is not None and quiet > self.options.stuck_after:
            raise Broken(f"no denoising step has ended for {quiet:.0f} s")

    def _submit(self, request: GenerationRequest) -> Generation:
        if self._studio is None or not self._accepting:
            raise Unavailable(self._trouble, retry_after=2)
        with self._changed:
            known = self._holding.get(request.id)
            if known is not None and known.attachable:
                return admission.attached(known, request)
            generation = Generation(request, admission.complete(request.parameters, self._cards))
            self._admit(generation)
        return generation

    def _admit(self, generation: Generation) -> None:
        ahead = len(self._room) + (self._running is not None)
        if ahead > self.options.waiting_room:
            raise Overloaded(
                f"{ahead} generations run or wait here already",
                retry_after=max(1.0, round(self.backlog_seconds() / 2, 1)),
            )
        self._holding.add(generation)
        self._room.append(generation)
        generation.mailbox.put(Queued(position=ahead))
        self._changed.notify_all()

    def _tell_positions(self) -> None:
        first = int(self._running is not None)
        for position, generation in enumerate(self._room, start=first):
            generation.mailbox.put(Queued(position=position))

    def _run(self) -> None:
        try:
            self._load()
        except Exception as error:
            logger.exception("the models cannot be loaded")
            self._trouble = f"the model could not be loaded: {error}"
            return
        finally:
            self._loaded.set()
        while (generation := self._next()) is not None:
            self._draw(generation)
        if self._studio:
            self._studio.close()

    def _load(self) -> None:
        stay_offline()
        self._cards = {offer.name: offer.card for offer in self._catalog.offers}
        # Imported here, on the thread: torch and diffusers take seconds, and the server must answer.
        studio = import_module("inference.studio").Studio(
            self._catalog, on_image=self.metrics.images.inc, on_end=self._count
        )
        studio.warm_up()
        self._studio = studio

    def _next(self) -> Generation | None:
        """Wait for the next generation; `None` when the engine is to end."""
        with self._changed:
            self._running = None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._room or self._stopping)
            if self._stopping:
                return None
            self._running = self._room.popleft()
            self._last_sign_of_life = time.monotonic()
            self._tell_positions()
            return self._running

    def _draw(self, generation: Generation) -> None:
        assert self._studio is not None  # noqa: S101 - nothing is taken in before it is loaded
        generation.state = State.RUNNING
        units = units_of_step(generation.parameters)

        def observe(seconds: float) -> None:
            self._last_sign_of_life = time.monotonic()
            self.metrics.step_seconds.observe(seconds)
            self._pace.observe(units, seconds)

        try:
            self._studio.draw(
                generation,
                before_step=lambda: generation.raise_if_stopped(self.options.grace),
                after_step=observe,
            )
        except InferenceError as error:
            self._end(generation, error.as_event())
        except Exception as error:
            logger.exception("drawing %s failed", generation.id)
            self._end(generation, Broken(f"the engine failed: {error}").as_event())

    def _end(self, generation: Generation, event: Failed) -> None:
        if generation.end(event):
            self._count(generation)

    def _count(self, generation: Generation) -> None:
        self.metrics.generations.labels(generation.state.value).inc()

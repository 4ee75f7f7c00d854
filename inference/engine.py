"""The engine: one thread that owns the models and draws many images at once, step by step.

    submit → waiting room → slots → steps shared with others → finish → held for those who fetch it

Attaches by id, cancels between steps, foretells waits, drains. The steps are `loop`'s. Importing it
imports no torch: the thread does, while the server already answers. Knows nothing of HTTP.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from inference import admission
from inference.berths import Taken
from inference.catalog import Catalog
from inference.generation import Delivery, Generation
from inference.holding import Holding
from inference.metrics import Metrics
from inference.offline import stay_offline
from inference.options import EngineOptions
from inference.pace import Pace
from inference.protocol import (
    Broken,
    Canceled,
    GenerationRequest,
    InferenceError,
    InferenceHealth,
    ModelCard,
    PromptLength,
    Unavailable,
)
from inference.pulse import Pulse
from inference.room import WaitingRoom

if TYPE_CHECKING:
    from inference.drawing import Drawing
    from inference.porter import Porter

logger = logging.getLogger(__name__)


class Engine:
    """Turns generation requests into images, on a thread of its own. Safe between threads."""

    def __init__(self, catalog: Catalog, options: EngineOptions | None = None) -> None:
        self.options = options or EngineOptions()
        self._catalog = catalog
        self._cards: dict[str, ModelCard] = {}
        self._drawing: Drawing | None = None
        self._trouble = "the model is still loading"
        self._holding = Holding(self.options.bounds)
        self._room = WaitingRoom()
        self._running: set[Generation] = set()
        self._accepting, self._stopping = True, False
        self._changed = threading.Condition()
        self._loaded = threading.Event()
        self._pace = Pace()
        self._pulse = Pulse()
        self._thread = threading.Thread(target=self._run, name="atelier-engine", daemon=True)
        self.metrics = Metrics(
            waiting=lambda: float(len(self._room)), running=lambda: float(len(self._running))
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
            self._accepting, self._trouble = False, "this replica is shutting down"
            self._changed.wait_for(lambda: not self._room and not self._running, timeout)
            self._stopping = True
        self._send_away(self._trouble)

    def stop(self, timeout: float = 5.0) -> None:
        """Drain without patience and wait at most `timeout` seconds for the thread to end."""
        self.drain(0)
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    def submit(self, request: GenerationRequest, delivery: Delivery = Delivery()) -> Generation:
        """Take `request` in, or attach to the generation of its id that runs or is held here.

        Raises:
            Unavailable: The model is still loading, could not be loaded, or the replica is leaving.
            UnknownModel: No model of that name is on offer here.
            InvalidParameters: The model cannot draw or read that, or the id belongs to another request.
            Overloaded: The waiting room is full.
        """
        try:
            return self._submit(request, delivery)
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
            waiting = self._room.remove(generation)
            if waiting:
                self._room.tell_positions(running=len(self._running))
            self._changed.notify_all()
        if waiting:
            self._end(generation, Canceled("it was canceled while it waited"))

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
        return self._holding.image(generation_id, index)

    def models(self) -> list[ModelCard]:
        """Return the cards of the models on offer; the first is the default.

        Raises:
            Unavailable: Their folders have not been read yet, or cannot be.
        """
        if not self._cards:
            raise Unavailable(self._trouble, retry_after=2)
        return list(self._cards_now.values())

    def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        """See `protocol.InferenceClient.length_of`."""
        if self._drawing is None:
            raise Unavailable(self._trouble, retry_after=2)
        return self._drawing.length_of(prompt, admission.card_of(model, self._cards_now).name)

    def health(self) -> InferenceHealth:
        """Return whether it can draw now, and on what."""
        drawing = self._drawing
        return InferenceHealth(
            ready=drawing is not None and self._accepting,
            device=drawing.studio.device if drawing else "",
            dtype=drawing.studio.dtype if drawing else "",
            running=len(self._running),
            waiting=len(self._room),
            detail="" if drawing and self._accepting else self._trouble,
        )

    def backlog_seconds(self) -> float:
        """Return how long everything taken in will about still take."""
        with self._changed:
            units = sum(generation.units_left for generation in (*self._running, *self._room))
        return self._pace.seconds_for(units)

    def raise_if_stuck(self) -> None:
        """Check that the device works and the thread moves; for a host that can replace the process.

        Raises:
            Broken: It does not.
        """
        self._pulse.raise_if_still(busy=bool(self._running), patience=self.options.stuck_after)
        if self._loaded.is_set() and not self._stopping and not self._thread.is_alive():
            raise Broken("the engine's thread has died")

    def _submit(self, request: GenerationRequest, delivery: Delivery) -> Generation:
        with self._changed:
            if self._drawing is None or not self._accepting:
                raise Unavailable(self._trouble, retry_after=2)
            known = self._holding.get(request.id)
            if known is not None and known.attachable:
                return admission.attached(known, request)
            complete = admission.complete(request.parameters, self._cards_now, request.pictures)
            self._drawing.require_readable(complete)
            generation = Generation(request, complete, delivery)
            self._admit(generation)
        return generation

    def _admit(self, generation: Generation) -> None:
        slots = self.options.slots
        waiting = self._room.waiting_beside(generation, Taken().with_(self._running, slots), slots)
        if waiting > self.options.waiting_room:
            raise admission.overloaded(len(self._running), waiting - 1, self.backlog_seconds())
        self._holding.add(generation)
        self._room.add(generation, running=len(self._running))
        self._changed.notify_all()

    def _run(self) -> None:
        try:
            porter = self._load()
        except Exception as error:
            logger.exception("the models cannot be loaded")
            self._trouble = f"the model could not be loaded: {error}"
            return
        finally:
            self._loaded.set()
        while self._wait_for_work(porter):
            self._turn(porter)
            self._pulse.beat()
        porter.drawing.close()

    @property
    def _cards_now(self) -> Mapping[str, ModelCard]:
        return self._drawing.cards if self._drawing else self._cards

    def _turn(self, porter: Porter) -> None:
        loop = porter.drawing.loop
        try:
            loop.admit(*porter.let_in())
            loop.tick()
        except Exception as error:  # noqa: BLE001 - the loop sees to what concerns some generations only
            self._give_up(error)

    def _load(self) -> Porter:
        stay_offline()
        self._cards = {offer.name: offer.card for offer in self._catalog.offers}
        # Imported here, on the thread: torch takes seconds, and the server must answer.
        studio = import_module("inference.studio").Studio.of(self._catalog)
        drawing: Drawing = import_module("inference.drawing").prepare(
            studio,
            self.options,
            pace=self._pace,
            metrics=self.metrics,
            end=self._end,
            on_end=self._ended,
            on_room=self._wake,
            on_lost=self._give_up,
        )
        self._drawing = drawing
        porter: Porter = import_module("inference.porter").Porter(
            self._room, self._running, self._changed, drawing, self._end
        )
        return porter

    def _wait_for_work(self, porter: Porter) -> bool:
        """Wait until there is a step to take or somebody to take in; false when the engine is to end."""
        loop = porter.drawing.loop
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or loop.busy or porter.has_work())
            if not self._stopping and not loop.busy:
                self._pulse.beat()
            return not self._stopping

    def _give_up(self, error: Exception) -> None:
        """Draw no more in this process: who is here may try elsewhere, and a host should replace it."""
        logger.error("drawing cannot go on in this process", exc_info=error)
        why = str(error).partition("\n")[0]  # CUDA adds advice for programmers
        with self._changed:
            self._accepting, self._stopping = False, True
            self._pulse.lost = self._trouble = f"this replica can draw no more: {why}"
        self._send_away(self._trouble)

    def _send_away(self, why: str) -> None:
        """Tell everybody who runs or waits here to try elsewhere, and the thread that something changed."""
        with self._changed:
            left = [*self._room.clear(), *self._running]
            self._changed.notify_all()
        for generation in left:
            self._end(generation, Unavailable(why))
            generation.ask_to_stop()

    def _wake(self) -> None:
        self._pulse.beat()  # what goes on beside the steps may take long, and is no standing still
        with self._changed:
            self._changed.notify_all()

    def _end(self, generation: Generation, error: InferenceError) -> None:
        if generation.end(error.as_event()):
            self._ended(generation)

    def _ended(self, generation: Generation) -> None:
        self.metrics.ended(generation)
        generation.trail.tell(generation)
        with self._changed:
            self._running.discard(generation)
            self._changed.notify_all()

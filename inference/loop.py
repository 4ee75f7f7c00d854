"""The step-batched loop: images join and leave the UNet's batch between any two steps.

    reap who was canceled → choose who runs → one step → show and tell → hand over who is finished

Runs on the engine's thread and is the only owner of the slots. Waiting, attaching and retention are
`engine`'s; decoding, scoring and encoding happen beside, in `finishing`. Nothing here waits for anybody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from inference.faults import device_lost, let_go, out_of_memory
from inference.finishing import Finisher
from inference.generation import Generation, State
from inference.metrics import Metrics
from inference.pace import Pace
from inference.policy import Policy
from inference.protocol import Broken, Canceled, InferenceError, Progress, Started
from inference.recipes import read_prompts, recipe_for, worded
from inference.slots import (
    Slot,
    batch_of,
    guided_first,
    outfits_of,
    slot_for,
    take_step,
)
from inference.stages import denoise
from inference.stages.denoise import Batch, Stepped
from inference.stopwatch import stopwatch_of
from inference.studio import Studio

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What the loop tells others: the clock of its steps, the counters, and who has ended."""

    pace: Pace
    metrics: Metrics
    end: Callable[[Generation, InferenceError], None]


class Loop:
    """The images under way and the next step of them. Touched from one thread only."""

    def __init__(
        self, studio: Studio, finisher: Finisher, around: Surroundings, *, slots: int, grace: float
    ) -> None:
        self._studio, self._finisher, self._around = studio, finisher, around
        self._capacity, self._grace = slots, grace
        self._policy: Policy[Slot] = Policy()
        self._slots: list[Slot] = []
        self._stopwatch = stopwatch_of(studio.placement.device)

    @property
    def images(self) -> int:
        """How many images share the steps."""
        return len(self._slots)

    @property
    def busy(self) -> bool:
        """Whether there is a step to take."""
        return bool(self._slots or self._finisher.overflowed)

    def has_room_for(self, generation: Generation, *, beside: int = 0) -> bool:
        """Whether its images fit with those under way and `beside` more; alone, any generation fits."""
        taken = len(self._slots) + self._finisher.pending + beside
        return not taken or taken + generation.parameters.num_images <= self._capacity

    def admit(self, *entering: Generation) -> None:
        """Take the images of generations in, their prompts read together; the next tick has them."""
        if not entering:
            return
        began = time.perf_counter()
        self._read(entering)
        each = (time.perf_counter() - began) / len(entering)
        for generation in entering:
            began = time.perf_counter()
            try:
                self._slots += self._slots_of(generation, range(generation.parameters.num_images))
            except Exception as error:  # noqa: BLE001 - whatever it is ends this generation, not the loop
                self._fail(generation, error)
            generation.add_timing("encode", each + time.perf_counter() - began)

    @torch.inference_mode()
    def tick(self) -> None:
        """Take one step with whoever's turn it is."""
        now = time.monotonic()
        self._readmit()
        self._reap()
        chosen = guided_first(self._policy.choose(self._slots, self._studio.row_cap, now))
        if not chosen:
            return
        self._start(chosen)
        self._stopwatch.start()
        batch = batch_of(chosen)
        try:
            unet = self._studio.unet(chosen[0].key, outfits_of(chosen))
            stepped = denoise.step(unet, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other images go on
            self._recover(chosen, error)
            return
        take_step(chosen, stepped, time.monotonic())
        self._stopwatch.stop(self._observer_of(chosen))
        self._show(chosen, batch, stepped)
        self._tell(chosen)
        self._retire(chosen)

    def _readmit(self) -> None:
        """Start again, in float32, what overflowed in half precision."""
        while self._finisher.overflowed:
            slot = self._finisher.overflowed.popleft()
            self._slots += self._slots_of(slot.generation, [slot.index], precise=True)

    def _read(self, entering: Sequence[Generation]) -> None:
        """Read the prompts of one model after the other; what fails here fails again for whom it concerns."""
        for model in {generation.parameters.model for generation in entering}:
            asking = [g for g in entering if g.parameters.model == model]
            try:
                read_prompts(self._studio.bundle(model), asking)
            except Exception:
                logger.exception("prompts could not be read together; each is read by itself")

    def _slots_of(
        self, generation: Generation, indices: Iterable[int], *, precise: bool = False
    ) -> list[Slot]:
        bundle = self._studio.bundle(generation.parameters.model)
        now = time.monotonic()
        recipe = recipe_for(bundle, generation, precise=precise)
        return [slot_for(generation, k, worded(recipe, generation, k), now) for k in indices]

    def _reap(self) -> None:
        """Let go of every image whose generation has ended, was canceled or is followed by nobody."""
        leaving = set()
        for generation in {slot.generation for slot in self._slots}:
            try:
                if not generation.ended:
                    generation.raise_if_stopped(self._grace)
                    continue
            except Canceled as canceled:
                self._around.end(generation, canceled)
            leaving.add(generation)
        if leaving:
            self._slots = [slot for slot in self._slots if slot.generation not in leaving]

    def _start(self, chosen: list[Slot]) -> None:
        for generation in {slot.generation for slot in chosen}:
            if generation.state is State.QUEUED:
                generation.state = State.RUNNING
                generation.started_at = time.monotonic()
                generation.mailbox.put(Started())
                self._around.metrics.queue_seconds.labels(
                    generation.parameters.priority.value
                ).observe(generation.started_at - generation.asked_at)

    def _recover(self, chosen: list[Slot], error: Exception) -> None:
        """Nothing was changed: try again with half the rows, or give up on who cannot be drawn at all."""
        if out_of_memory(error):
            let_go(error)
            key = chosen[0].key
            if self._studio.row_caps.halve(key.model, key.height * key.width):
                logger.warning("out of memory with %d images a step; trying half", len(chosen))
                self._studio.free_memory()
                return
            error = Broken(
                f"the device has no memory for an image of {key.width}×{key.height}; "
                "ask for a smaller one, or close what else runs on it"
            )
        for generation in {slot.generation for slot in chosen}:
            self._fail(generation, error)
        self._reap()

    def _fail(self, generation: Generation, error: Exception) -> None:
        """End a generation with what went wrong; a lost device is everybody's end and is raised."""
        if device_lost(error):
            raise error
        if not isinstance(error, InferenceError):
            logger.error("drawing %s failed", generation.id, exc_info=error)
            error = Broken(f"the engine failed: {error}")
        self._around.end(generation, error)

    def _observer_of(self, chosen: list[Slot]) -> Callable[[float], None]:
        """Count the rows; return what takes in their seconds, which may be known some steps later."""
        key, around = chosen[0].key, self._around
        rows = sum(slot.rows for slot in chosen)
        cap = self._studio.row_cap(key)
        for slot in chosen:
            around.metrics.computed(slot.generation, slot.rows)

        def observe(seconds: float) -> None:
            mfu = self._studio.mfu(key, rows, seconds)
            around.pace.observe(float(rows * key.height * key.width), seconds)
            around.metrics.step(rows=rows, cap=cap, seconds=seconds, mfu=mfu)

        return observe

    def _show(self, chosen: list[Slot], batch: Batch, stepped: Stepped) -> None:
        """Hand on what generations look like so far, a few times a second each."""
        due = [
            place
            for place, slot in enumerate(chosen)
            if slot.steps_left and slot.generation.wants_preview(slot.index)
        ]
        if not due:
            return
        for place, picture in zip(due, denoise.clean(batch, stepped, due), strict=True):
            self._finisher.show(chosen[place], picture)

    def _tell(self, chosen: list[Slot]) -> None:
        """Tell every generation how far the slowest of its images is, and how long the rest may take."""
        under_way = {slot.generation for slot in chosen}
        steps: dict[Generation, int] = {}
        for slot in self._slots:
            if slot.generation in under_way:
                steps[slot.generation] = min(slot.step, steps.get(slot.generation, slot.step))
        for generation, step in steps.items():
            if step > generation.steps_done:
                generation.steps_done = step
                generation.mailbox.put(_progress(generation, step))

    def _retire(self, chosen: list[Slot]) -> None:
        finished = [slot for slot in chosen if not slot.steps_left]
        if not finished:
            return
        self._slots = [slot for slot in self._slots if slot.steps_left]
        for slot in finished:
            started = slot.generation.started_at or time.monotonic()
            slot.generation.timings["denoise"] = time.monotonic() - started
            self._finisher.take(slot)


def _progress(generation: Generation, step: int) -> Progress:
    total = generation.parameters.taken_steps
    passed = time.monotonic() - (generation.started_at or time.monotonic())
    return Progress(step=step, total=total, eta_s=round(passed / step * (total - step), 2))

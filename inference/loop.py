"""The step-batched loop: images join and leave the UNet's batch between any two steps.

    reap who was canceled → choose who runs → one step → show and tell → hand over who is finished

Runs on the engine's thread and is the only owner of the slots. Waiting, attaching and retention are
`engine`'s; decoding, scoring and encoding happen beside, in `finishing`. Nothing here waits for anybody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from inference.berths import Taken, most_large
from inference.briefs import brief_for, read_prompts, worded
from inference.enlarger import Enlarger, Images
from inference.faults import device_lost, let_go, out_of_memory
from inference.finishing import Piece
from inference.generation import Generation, State
from inference.lanes import Lanes
from inference.metrics import Metrics
from inference.pace import Pace
from inference.policy import Policy
from inference.protocol import Broken, Canceled, InferenceError, Started
from inference.room import Permit, WaitingRoom, anybody
from inference.sheets import Sheet, Window
from inference.slots import (
    Slot,
    batch_of,
    guided_first,
    outfits_of,
    shapes_of,
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

    def __init__(  # noqa: PLR0913 - what it hands on to, and its bounds
        self,
        studio: Studio,
        finisher: Lanes,
        enlarger: Enlarger,
        around: Surroundings,
        *,
        slots: int,
        grace: float,
    ) -> None:
        self._studio, self._around = studio, around
        self._finisher, self._enlarger = finisher, enlarger
        self._capacity, self._grace = slots, grace
        self._policy: Policy[Slot] = Policy()
        self._slots: list[Piece] = []
        self._stopwatch = stopwatch_of(studio.placement.device)

    @property
    def images(self) -> int:
        """How many images share the steps."""
        return len(self._slots)

    @property
    def busy(self) -> bool:
        """Whether there is a step to take, or somebody to take in."""
        return bool(self._slots or self._finisher.overflowed or self._enlarger.ready)

    @property
    def taken(self) -> Taken:
        """How much room those under way take, from their first step to their file."""
        larger = self._enlarger.berths + self._finisher.pending_large
        larger += sum(slot.berths for slot in self._slots if slot.generation.enlargement)
        larger = min(larger, most_large(self._capacity))  # a single one never counts for more
        others = self._finisher.pending - self._finisher.pending_large
        others += sum(slot.berths for slot in self._slots if not slot.generation.enlargement)
        return Taken(larger + others, larger)

    def next_of(
        self, room: WaitingRoom, beside: Iterable[Generation] = (), may_enter: Permit = anybody
    ) -> Generation | None:
        """Return who of those that may enter fits with those under way and those `beside`; alone, anybody fits."""
        return room.next_one(self.taken.with_(beside, self._capacity), self._capacity, may_enter)

    def admit(self, *entering: Generation) -> None:
        """Take the images of generations in, their prompts read together; the next tick has them."""
        if not entering:
            return
        first = time.monotonic()
        self._read(entering)
        each = (time.monotonic() - first) / len(entering)
        for generation in entering:
            began = time.monotonic()
            try:
                self._take_in(generation, range(generation.parameters.num_images))
            except Exception as error:  # noqa: BLE001 - whatever it is ends this generation, not the loop
                self._fail(generation, error)
            generation.add_timing("encode", each + time.monotonic() - began)
            generation.trail.stage("encode", first, time.monotonic(), shared=len(entering))

    @torch.inference_mode()
    def tick(self) -> None:
        """Take one step with whoever's turn it is."""
        now = time.monotonic()
        self._readmit()
        self._take_up()
        self._reap()
        self._retire()  # what is only resampled
        chosen = guided_first(self._policy.choose(self._runners(), self._studio.row_cap, now))
        if not chosen:
            return
        self._start(chosen)
        self._stopwatch.start()
        batch = batch_of(chosen)
        try:
            unet = self._studio.unet(chosen[0].key, outfits_of(chosen), shapes_of(chosen))
            stepped = denoise.step(unet, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other images go on
            self._recover(chosen, error)
            return
        take_step(chosen, stepped, time.monotonic())
        self._stopwatch.stop(self._observer_of(chosen))
        self._show(chosen, batch, stepped)
        self._tell(chosen)
        self._retire()

    def _readmit(self) -> None:
        """Start again, in float32, what overflowed in half precision."""
        while self._finisher.overflowed:
            slot = self._finisher.take_overflowed()
            if slot.generation.enlargement:
                slot.generation.steps_done -= slot.done
            self._take_in(slot.generation, [slot.index], precise=True)

    def _take_up(self) -> None:
        """Take in the images whose picture has been made ready."""
        while self._enlarger.ready:
            laid = self._enlarger.take_up()
            try:
                self._slots += laid.slots(time.monotonic())
            except Exception as error:  # noqa: BLE001 - whatever it is ends this generation, not the loop
                self._fail(laid.images.generation, error)

    def _runners(self) -> Iterator[Slot]:
        """Yield whoever can take a step now; of each upscale, as much as fits into one."""
        for slot in self._slots:
            if isinstance(slot, Sheet):
                yield from slot.runners(self._studio.row_cap(slot.key))
            else:
                yield slot

    def _read(self, entering: Sequence[Generation]) -> None:
        """Read the prompts of one model after the other; what fails here fails again for whom it concerns."""
        for model in {generation.parameters.model for generation in entering}:
            asking = [g for g in entering if g.parameters.model == model]
            try:
                read_prompts(self._studio.bundle(model), asking)
            except Exception:
                logger.exception("prompts could not be read together; each is read by itself")

    def _take_in(
        self, generation: Generation, indices: Iterable[int], *, precise: bool = False
    ) -> None:
        bundle = self._studio.bundle(generation.parameters.model)
        now = time.monotonic()
        brief = brief_for(bundle, generation, precise=precise)
        briefs = [(k, worded(brief, generation, k)) for k in indices]
        if generation.enlargement:
            self._enlarger.take(Images(generation, briefs))
        else:
            self._slots += [slot_for(generation, k, of_image, now) for k, of_image in briefs]

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

    def _start(self, chosen: Iterable[Piece]) -> None:
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
            told = generation.trail.told
            logger.error("drawing %s failed", generation.id, exc_info=error, extra=told)
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
            if isinstance(slot, Window)
            or (slot.steps_left and slot.generation.wants_preview(slot.index))
        ]
        if not due:
            return
        sheets: set[Sheet] = set()
        for place, picture in zip(due, denoise.clean(batch, stepped, due), strict=True):
            slot = chosen[place]
            if isinstance(slot, Window):
                slot.sheet.show(slot.place, picture)
                sheets.add(slot.sheet)
            else:
                self._finisher.show(slot, picture)
        for sheet in sheets:
            if sheet.steps_left and sheet.generation.wants_preview(sheet.index):
                self._finisher.show(sheet, sheet.so_far.clone())

    def _tell(self, chosen: list[Slot]) -> None:
        """Tell every generation how far the slowest of its images is, and how long the rest may take."""
        under_way = {slot.generation for slot in chosen}
        steps: dict[Generation, int] = {}
        for slot in self._slots:
            if slot.generation in under_way and isinstance(slot, Slot):
                steps[slot.generation] = min(slot.step, steps.get(slot.generation, slot.step))
        for generation, step in steps.items():
            if step > generation.steps_done:
                generation.reach(step)
        for generation in under_way - steps.keys():
            generation.reach(generation.steps_done)  # its sheets have counted their windows

    def _retire(self) -> None:
        finished = [slot for slot in self._slots if not slot.steps_left]
        self._slots = [slot for slot in self._slots if slot.steps_left]
        self._start(finished)  # of some nothing is drawn
        for slot in finished:
            if not slot.generation.parameters.resamples:
                started = slot.generation.started_at or time.monotonic()
                slot.generation.timings["denoise"] = time.monotonic() - started
            self._finisher.take(slot)

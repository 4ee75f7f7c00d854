"""Two ways to draw the same jobs: diffusers' pipeline one request at a time, and the studio's engine.

Both are asked by as many people as may share the engine's steps, each asking again when answered. The
pipeline answers them in turn with a PIL image; the engine ends with a WebP file and its digest, and
draws previews besides. Every job has a prompt and a seed of its own.
"""

from __future__ import annotations

import copy
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import torch

from inference.adapters.applying import Outfit
from inference.berths import fits
from inference.briefs import Key
from inference.bundles import Bundle
from inference.controls import applying
from inference.enlarger import Enlarger
from inference.finishing import Finisher, Outcome
from inference.fleet import Fleet
from inference.generation import Generation, State
from inference.lanes import Lanes
from inference.loop import Loop, Surroundings
from inference.metrics import Metrics
from inference.pace import Pace
from inference.protocol import (
    Failed,
    GenerationParameters,
    GenerationRequest,
    new_generation_id,
)
from inference.stages.denoise import UNet
from inference.stages.safety import SafetyChecker
from inference.streams import Aside, CudaAside, Ready, aside_of
from inference.studio import Studio
from inference.unets import BUCKETS
from loadtests.gpu.networks import SAMPLER, Checkpoint, rows_for
from loadtests.gpu.racing import Drawn, Job, Run, finish, forget_peak, peak_bytes
from loadtests.gpu.shapes import Shapes

PEOPLE: Final = 24
_MOMENT: Final = 0.002
_PATIENCE: Final = 240.0
_numbers = itertools.count(1)


class PlainArm:
    """`StableDiffusionPipeline`, called for one image after the other."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._pipeline = checkpoint.pipeline
        self._side = checkpoint.shapes.side
        self._device = checkpoint.bundle.placement.device

    def draw(self, jobs: Sequence[Job]) -> Run:
        """Draw every job; whoever comes behind waits."""
        forget_peak(self._device)
        began = time.monotonic()
        ended: list[float] = []
        for job in jobs:
            self._draw(job)
            ended.append(time.monotonic())
        asked = [began] * PEOPLE + ended
        return Run(
            seconds=ended[-1] - began,
            drawn=[Drawn(*of) for of in zip(jobs, _minus(ended, asked), strict=True)],
            calls=sum(job.steps for job in jobs),
            rows=sum(job.steps * (2 if job.guidance_scale > 1 else 1) for job in jobs),
            peak_bytes=peak_bytes(self._device),
        )

    def _draw(self, job: Job) -> None:
        number = next(_numbers)
        self._pipeline(
            _prompt(number),
            height=self._side,
            width=self._side,
            num_inference_steps=job.steps,
            guidance_scale=job.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(number),
        )


class GivenStudio(Studio):
    """A studio around one bundle in memory, with the UNet that an arm is about."""

    def __init__(self, bundle: Bundle, unet: UNet) -> None:
        super().__init__(Fleet.of(bundle), bundle.placement)
        self.given = unet

    @property
    def only_bundle(self) -> Bundle:
        """What it draws with."""
        (bundle,) = self.fleet.bundles
        return bundle

    def unet(
        self, key: Key, outfits: Sequence[Outfit] = (), shapes: Sequence[applying.Shapes] = ()
    ) -> UNet:
        """Return the one UNet there is."""
        if key.precise or any(outfits) or any(shapes):
            raise RuntimeError("random weights are not meant to overflow, nor to wear LoRAs")
        return self.given

    def calling(self, unet: UNet) -> GivenStudio:
        """Return the same studio, its row cap already measured, with another UNet."""
        other = copy.copy(self)
        other.given = unet
        return other

    def checked_by(self, checker: SafetyChecker) -> GivenStudio:
        """Return the same studio with a safety checker."""
        other, bundle = copy.copy(self), replace(self.only_bundle, safety=checker)
        other.fleet = Fleet.of(bundle)
        return other


class Counted:
    """A UNet whose calls and rows are counted."""

    def __init__(self, unet: UNet) -> None:
        self._unet = unet
        self.calls = self.rows = 0

    def __call__(
        self, latents: torch.Tensor, timesteps: torch.Tensor, embeddings: torch.Tensor
    ) -> torch.Tensor:
        """Predict, and count."""
        self.calls += 1
        self.rows += len(latents)
        return self._unet(latents, timesteps, embeddings)


class SameStream(CudaAside):
    """The VAE on the stream of the steps: what `CudaAside` is compared with."""

    def hand_over(self, tensor: torch.Tensor) -> Ready:
        """Nothing to wait for: one stream is in order."""

    @contextmanager
    def computing(self, ready: Sequence[Ready]) -> Iterator[None]:  # noqa: ARG002 - see above
        """Queue behind the steps."""
        yield


class EngineArm:
    """The studio's own loop and finisher, ticked from here."""

    def __init__(self, studio: GivenStudio, counted: Counted, aside: Aside | None = None) -> None:
        self.studio = studio
        self._counted = counted
        self._device = studio.placement.device
        self._bell = threading.Event()
        outcome = Outcome(on_end=lambda _: self._bell.set(), on_room=self._bell.set)

        def finisher(at_once: int) -> Finisher:
            where = aside or aside_of(self._device)
            threads = studio.every_thread
            return Finisher(
                where, _metrics(), outcome, may_retry=False, threads=threads, at_once=at_once
            )

        self._finisher = Lanes(finisher)
        self._enlarger = Enlarger(
            aside or aside_of(self._device), self._bell.set, threads=studio.every_thread
        )
        self._loop = loop_of(studio, self._finisher, self._enlarger)

    @property
    def row_cap(self) -> int:
        """How many rows a step may carry, as measured at warm-up."""
        return self.studio.row_cap(key_of(self.studio.only_bundle))

    def draw(self, jobs: Sequence[Job]) -> Run:
        """Draw every job, as many at once as there are people."""
        forget_peak(self._device)
        calls, rows = self._counted.calls, self._counted.rows
        generations = [generation_of(self.studio.only_bundle, job) for job in jobs]
        began = time.monotonic()
        self._run(generations)
        finish(self._device)
        ended = [generation.ended_at or math.nan for generation in generations]
        waits = _minus(ended, [generation.asked_at for generation in generations])
        return Run(
            seconds=max(ended) - began,
            drawn=[Drawn(*of) for of in zip(jobs, waits, strict=True)],
            calls=self._counted.calls - calls,
            rows=self._counted.rows - rows,
            peak_bytes=peak_bytes(self._device),
        )

    def close(self) -> None:
        """End its threads."""
        self._enlarger.stop()
        self._finisher.stop()

    def _run(self, generations: Sequence[Generation]) -> None:
        waiting = deque(generations)
        deadline = time.monotonic() + _PATIENCE
        try:
            while waiting or not all(generation.ended for generation in generations):
                self._turn(waiting)
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not drawn after {_PATIENCE:.0f} s")
        finally:
            for generation in generations:
                generation.ask_to_stop()
        for generation in generations:
            _require_success(generation)

    def _turn(self, waiting: deque[Generation]) -> None:
        """Take in who fits and take a step; with no step to take, wait for the finisher."""
        self._bell.clear()
        while waiting and fits(waiting[0], self._loop.taken, PEOPLE):
            coming = waiting.popleft()
            coming.asked_at = time.monotonic()
            self._loop.admit(coming)
        if self._loop.busy:
            self._loop.tick()
        else:
            self._bell.wait(_MOMENT)


def engine_arm(bundle: Bundle, unet: UNet, shapes: Shapes) -> EngineArm:
    """Return the engine around `bundle`, every row count called once and the best one measured.

    The largest first: graphs captured later then find room in the memory of earlier ones. And before
    there are threads, for a capture tolerates nothing beside it.
    """
    counted = Counted(unet)
    studio = GivenStudio(bundle, counted)
    with torch.inference_mode():
        for rows in reversed(BUCKETS):
            counted(*rows_for(shapes.unet, bundle.placement, rows, shapes.side))
    studio.warm_up()
    return EngineArm(studio, counted)


def loop_of(studio: Studio, finisher: Lanes, enlarger: Enlarger) -> Loop:
    """Return a loop with room for as many as there are people, which nobody leaves for lack of listeners."""
    around = Surroundings(
        Pace(), _metrics(), end=lambda generation, error: _end(generation, error.as_event())
    )
    return Loop(studio, finisher, enlarger, around, slots=PEOPLE, grace=math.inf)


def generation_of(bundle: Bundle, job: Job, number: int | None = None) -> Generation:
    """Return a generation of one image; `number` decides its prompt and its seed."""
    number = next(_numbers) if number is None else number
    asked = GenerationParameters(
        prompt=_prompt(number),
        width=bundle.card.defaults.width,
        height=bundle.card.defaults.height,
        num_inference_steps=job.steps,
        guidance_scale=job.guidance_scale,
        seed=number,
        model=bundle.card.name,
        scheduler=SAMPLER,
    )
    return Generation(GenerationRequest(id=new_generation_id(), parameters=asked), asked)


def key_of(bundle: Bundle) -> Key:
    """Return the key of everything that is drawn here."""
    usual = bundle.card.defaults
    return Key(bundle.card.name, usual.height, usual.width, bundle.encoder.chunk_tokens)


def _prompt(number: int) -> str:
    return f"a red striped dress on a cream background, number {number}"


def _minus(ends: Sequence[float], begins: Sequence[float]) -> list[float]:
    return [end - begin for end, begin in zip(ends, begins, strict=False)]


def _metrics() -> Metrics:
    return Metrics(waiting=lambda: 0.0, running=lambda: 0.0)


def _end(generation: Generation, event: Failed) -> None:
    generation.end(event)


def _require_success(generation: Generation) -> None:
    if generation.state is not State.SUCCEEDED:
        event: Any = generation.mailbox.after(0)[-1].event
        raise RuntimeError(f"an image was not drawn: {event.message}")

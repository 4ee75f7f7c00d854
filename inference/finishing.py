"""What happens to images beside the steps: decoded and scored in small batches, then encoded.

    take → develop (VAE, safety checkers; a thread of its own) → encode (another) → held, told of

The loop hands over and goes on. What waits here counts against the loop's slots, so that it is bounded.
Previews are drawn here too, in order with the images of their generation, and measured beside both, by `measuring`.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import torch

from inference.checkers.panel import Panel
from inference.faults import device_lost
from inference.generation import Generation
from inference.imaging import ENCODERS
from inference.measuring import Measurer
from inference.metrics import Metrics
from inference.protocol import (
    Broken,
    Done,
    ImageReady,
    InferenceError,
    MeasuredPreview,
    PreviewsWanted,
    SafetyScores,
)
from inference.sheets import Sheet
from inference.slots import Slot
from inference.stages import decode, preview
from inference.streams import Aside, Ready

logger = logging.getLogger(__name__)
CHUNK = 2  # images decoded at once: at full size the VAE needs far more memory than the UNet
Piece: TypeAlias = "Slot | Sheet"


@dataclass(frozen=True)
class Outcome:
    """Who is told: of a generation that has ended, of room for more, of a device that is lost."""

    on_end: Callable[[Generation], None]
    on_room: Callable[[], None]
    on_lost: Callable[[Exception], None] = lambda _: None


class Finisher:
    """Two threads beside the engine's: one with the VAE and the checker, one that writes files."""

    def __init__(  # noqa: PLR0913 - where, who is told, and how much at once
        self,
        aside: Aside,
        metrics: Metrics,
        outcome: Outcome,
        *,
        may_retry: bool,
        threads: int,
        at_once: int = CHUNK,
    ) -> None:
        self._aside, self._metrics, self._outcome = aside, metrics, outcome
        self._may_retry, self._threads, self._at_once = may_retry, threads, at_once
        self.overflowed: deque[Piece] = deque()
        self._waiting: deque[tuple[Piece, Ready]] = deque()
        self._pending = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._encoder = ThreadPoolExecutor(1, "atelier-encoder", initializer=aside.adopt_thread)
        self._measurer = Measurer(aside, metrics, _scores)
        self._developer = threading.Thread(target=self._run, name="atelier-developer", daemon=True)
        self._developer.start()

    @property
    def pending(self) -> int:
        """How much room images take that were handed over and not yet told of."""
        return self._pending

    def take(self, slot: Piece) -> None:
        """Finish an image whose last step is done; returns at once."""
        ready = self._aside.hand_over(slot.latents)
        with self._changed:
            self._pending += slot.berths
            self._waiting.append((slot, ready))
            self._changed.notify_all()

    def show(self, slot: Piece, picture: torch.Tensor) -> None:
        """Draw a preview from the clean latents `picture` [c, h, w] and put it in the mailbox, soon."""
        on_host, step = self._aside.to_host(picture), slot.done

        def put() -> None:
            clean, colors = on_host(), slot.brief.bundle.colors
            with self._aside.computing(()):
                shown = preview.preview(colors, clean, slot.index, step)
            if slot.generation.request.previews is PreviewsWanted.MEASURED:
                self._measurer.take(slot.generation, slot.brief.bundle.panel, shown)
            elif slot.generation.show(MeasuredPreview(**shown.model_dump())):
                self._metrics.previewed(slot.generation)

        self._encode(slot.generation, put)

    def stop(self) -> None:
        """Finish what was taken, and take no more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._developer.join()
        self._encoder.shutdown(wait=True)
        self._measurer.stop()

    def _run(self) -> None:
        self._aside.adopt_thread()
        # The VAE's few large operations want every core, also where the UNet's many small ones do not.
        torch.set_num_threads(self._threads)
        while chunk := self._next():
            wanted = [(slot, ready) for slot, ready in chunk if not slot.generation.ended]
            written: list[Piece] = []
            try:
                written = self._develop(wanted)
            except Exception as error:
                logger.exception("an image could not be finished")
                for slot, _ in wanted:
                    self._fail(slot.generation, error)
            self._gone(sum(slot.berths for slot, _ in chunk if slot not in written))

    def _next(self) -> list[tuple[Piece, Ready]]:
        """Wait for images; return a few of one size, model and decoder, or none when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            chunk: list[tuple[Piece, Ready]] = []
            while self._waiting and len(chunk) < self._at_once:
                if chunk and not _alike(self._waiting[0][0], chunk[0][0]):
                    break
                chunk.append(self._waiting.popleft())
            return chunk

    @torch.inference_mode()
    def _develop(self, handed: list[tuple[Piece, Ready]]) -> list[Piece]:
        """Decode and score images of one key; return those that were handed on to be encoded."""
        with self._aside.computing([ready for _, ready in handed]):
            sound = [slot for slot, _ in handed if self._is_sound(slot)]
            if not sound:
                return []
            began = time.monotonic()
            images = self._images_of(sound)
            decoded = time.monotonic()
            scores = _scores(sound[0].brief.bundle.panel, images)
            on_host = [image.permute(1, 2, 0).contiguous().cpu() for image in images]
            scored = time.monotonic()
        if not sound[0].generation.parameters.resamples:
            self._metrics.decode_seconds.observe(decoded - began)
        self._metrics.safety_seconds.observe(scored - decoded)
        for slot, image, score in zip(sound, on_host, scores, strict=True):
            if not slot.generation.parameters.resamples:
                slot.generation.add_timing("decode", (decoded - began) / len(sound))
                slot.generation.trail.stage("decode", began, decoded, shared=len(sound))
            slot.generation.add_timing("safety", (scored - decoded) / len(sound))
            slot.generation.trail.stage("safety", decoded, scored, shared=len(sound))
            self._write(slot, image, score)
        return sound

    def _images_of(self, slots: list[Piece]) -> list[torch.Tensor]:
        """Return the pixels uint8 [3, h, w] of images of one key."""
        given = [_given(slot) for slot in slots]
        if any(pixels is not None for pixels in given):
            # What is only resampled has no latents, and comes alone.
            return [pixels for pixels in given if pixels is not None]

        def between() -> None:
            self._outcome.on_room()
            for slot in slots:
                slot.generation.raise_if_given_up()

        latents = torch.stack([slot.latents for slot in slots])
        drawn = decode.decode(slots[0].brief.decoder, latents, between)
        return [_mounted(slot, pixels) for slot, pixels in zip(slots, drawn, strict=True)]

    def _is_sound(self, slot: Piece) -> bool:
        """Check the latents; one try in float32 for those that overflowed, then a clear error."""
        if bool(torch.isfinite(slot.latents).all()):
            return True
        if self._may_retry and not slot.key.precise:
            logger.warning("%s overflowed; drawing it again in float32", slot.generation.id)
            self.overflowed.append(slot)
        else:
            self._fail(slot.generation, decode.overflow("the latents"))
        return False

    def _write(self, slot: Piece, image: torch.Tensor, scores: SafetyScores | None) -> None:
        def written() -> None:
            try:
                began = time.monotonic()
                _keep(slot, image, scores)
                slot.generation.trail.stage("file", began, time.monotonic())
                self._metrics.images.inc()
                if scores is None or not scores.is_whole:
                    self._metrics.unchecked.inc()
                self._end_if_complete(slot.generation)
            finally:
                self._gone(slot.berths)

        self._encode(slot.generation, written)

    def _encode(self, generation: Generation, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                logger.exception(
                    "an image of %s could not be encoded",
                    generation.id,
                    extra=generation.trail.told,
                )
                self._fail(generation, error, "the image could not be encoded")

        self._encoder.submit(guarded)

    def _end_if_complete(self, generation: Generation) -> None:
        if len(generation.images) < generation.parameters.num_images:
            return
        timings = {stage: round(seconds, 4) for stage, seconds in generation.timings.items()}
        if generation.end(Done(timings=timings)):
            self._outcome.on_end(generation)

    def _fail(
        self, generation: Generation, error: Exception, what: str = "the engine failed"
    ) -> None:
        if device_lost(error):
            self._outcome.on_lost(error)  # ends everybody, this one among them
            return
        told = error if isinstance(error, InferenceError) else Broken(f"{what}: {error}")
        if generation.end(told.as_event()):
            self._outcome.on_end(generation)

    def _gone(self, berths: int) -> None:
        with self._changed:
            self._pending -= berths
        self._outcome.on_room()


def _alike(one: Piece, other: Piece) -> bool:
    """Whether two images can be decoded together: drafts share the steps of the others, and have a decoder of their own."""
    return one.key == other.key and one.brief.decoder is other.brief.decoder


def _given(slot: Piece) -> torch.Tensor | None:
    """Return the pixels uint8 [3, h, w] of an image of which nothing is drawn."""
    easel = slot.brief.easel
    return easel.pixels if slot.generation.parameters.resamples and easel else None


def _mounted(slot: Piece, drawn: torch.Tensor) -> torch.Tensor:
    """Return the pixels uint8 [3, h, w] of the image: what was drawn, in what it was drawn over."""
    easel = slot.brief.easel
    return drawn if easel is None else easel.finished(drawn).to(drawn.device)


def _scores(panel: Panel, images: list[torch.Tensor]) -> list[SafetyScores | None]:
    """Score images together where they are of one size; put back into a picture they may not be."""
    if len({image.shape for image in images}) == 1:
        return panel.score(torch.stack(images))
    return [score for image in images for score in panel.score(image[None])]


def _keep(slot: Piece, image: torch.Tensor, scores: SafetyScores | None) -> None:
    """Encode pixels uint8 [h, w, 3] and keep the file with its generation."""
    content_type = slot.generation.delivery.content_type
    data = ENCODERS[content_type](image.numpy())
    height, width, _ = image.shape
    ready = ImageReady(
        index=slot.index,
        sha256=hashlib.sha256(data).hexdigest(),
        content_type=content_type,
        width=width,
        height=height,
        seed=slot.generation.parameters.seed_of(slot.index),
        scores=scores,
        resampled=slot.generation.parameters.resamples,
    )
    slot.generation.keep(ready, data)

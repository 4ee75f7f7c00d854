"""What happens to images beside the steps: decoded and scored in small batches, then encoded.

    take → develop (VAE, safety checker; a thread of its own) → encode (another) → held, told of

The loop hands over and goes on. What waits here counts against the loop's slots, so that it is bounded.
Previews are encoded here too, in order with the images of their generation.
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

import torch

from inference.faults import device_lost
from inference.generation import Generation
from inference.imaging import ENCODERS
from inference.metrics import Metrics
from inference.protocol import Broken, Done, ImageReady, InferenceError, SafetyScores
from inference.slots import Slot
from inference.stages import decode, preview, safety
from inference.streams import Aside, Ready

logger = logging.getLogger(__name__)
CHUNK = 2  # images decoded at once: at full size the VAE needs far more memory than the UNet


@dataclass(frozen=True)
class Outcome:
    """Who is told: of a generation that has ended, of room for more, of a device that is lost."""

    on_end: Callable[[Generation], None]
    on_room: Callable[[], None]
    on_lost: Callable[[Exception], None] = lambda _: None


class Finisher:
    """Two threads beside the engine's: one with the VAE and the checker, one that writes files."""

    def __init__(
        self, aside: Aside, metrics: Metrics, outcome: Outcome, *, may_retry: bool, threads: int
    ) -> None:
        self._aside, self._metrics, self._outcome = aside, metrics, outcome
        self._may_retry, self._threads = may_retry, threads
        self.overflowed: deque[Slot] = deque()
        self._waiting: deque[tuple[Slot, Ready]] = deque()
        self._pending = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._encoder = ThreadPoolExecutor(1, "atelier-encoder", initializer=aside.adopt_thread)
        self._developer = threading.Thread(target=self._run, name="atelier-developer", daemon=True)
        self._developer.start()

    @property
    def pending(self) -> int:
        """Images handed over and not yet told of."""
        return self._pending

    def take(self, slot: Slot) -> None:
        """Finish an image whose last step is done; returns at once."""
        ready = self._aside.hand_over(slot.latents)
        with self._changed:
            self._pending += 1
            self._waiting.append((slot, ready))
            self._changed.notify_all()

    def show(self, slot: Slot, picture: torch.Tensor) -> None:
        """Draw a preview from the clean latents `picture` [c, h, w] and put it in the mailbox, soon."""
        on_host, step = self._aside.to_host(picture), slot.step

        def put() -> None:
            shown = preview.preview(slot.recipe.bundle.colors, on_host(), slot.index, step)
            slot.generation.mailbox.put(shown)
            self._metrics.previewed(slot.generation)

        self._encode(slot.generation, put)

    def stop(self) -> None:
        """Finish what was taken, and take no more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._developer.join()
        self._encoder.shutdown(wait=True)

    def _run(self) -> None:
        self._aside.adopt_thread()
        # The VAE's few large operations want every core, also where the UNet's many small ones do not.
        torch.set_num_threads(self._threads)
        while chunk := self._next():
            wanted = [(slot, ready) for slot, ready in chunk if not slot.generation.ended]
            written = 0
            try:
                written = self._develop(wanted)
            except Exception as error:
                logger.exception("an image could not be finished")
                for slot, _ in wanted:
                    self._fail(slot.generation, error)
            self._gone(len(chunk) - written)

    def _next(self) -> list[tuple[Slot, Ready]]:
        """Wait for images; return a few of one size and model, or none when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            chunk: list[tuple[Slot, Ready]] = []
            while self._waiting and len(chunk) < CHUNK:
                if chunk and self._waiting[0][0].key != chunk[0][0].key:
                    break
                chunk.append(self._waiting.popleft())
            return chunk

    @torch.inference_mode()
    def _develop(self, handed: list[tuple[Slot, Ready]]) -> int:
        """Decode and score images of one key; return how many were handed on to be encoded."""
        with self._aside.computing([ready for _, ready in handed]):
            sound = [slot for slot, _ in handed if self._is_sound(slot)]
            if not sound:
                return 0
            bundle = sound[0].recipe.bundle
            began = time.perf_counter()
            pixels = decode.decode(bundle.vae, torch.stack([slot.latents for slot in sound]))
            decoded = time.perf_counter()
            images = [_mounted(slot, drawn) for slot, drawn in zip(sound, pixels, strict=True)]
            scores = _scores(bundle.safety, images)
            on_host = [image.permute(1, 2, 0).contiguous().cpu() for image in images]
            scored = time.perf_counter()
        self._metrics.decode_seconds.observe(decoded - began)
        self._metrics.safety_seconds.observe(scored - decoded)
        for slot, image, score in zip(sound, on_host, scores, strict=True):
            slot.generation.add_timing("decode", (decoded - began) / len(sound))
            slot.generation.add_timing("safety", (scored - decoded) / len(sound))
            self._write(slot, image, score)
        return len(sound)

    def _is_sound(self, slot: Slot) -> bool:
        """Check the latents; one try in float32 for those that overflowed, then a clear error."""
        if bool(torch.isfinite(slot.latents).all()):
            return True
        if self._may_retry and not slot.key.precise:
            logger.warning("%s overflowed; drawing it again in float32", slot.generation.id)
            self.overflowed.append(slot)
        else:
            self._fail(slot.generation, decode.overflow("the latents"))
        return False

    def _write(self, slot: Slot, image: torch.Tensor, scores: SafetyScores | None) -> None:
        def written() -> None:
            try:
                _keep(slot, image, scores)
                self._metrics.images.inc()
                self._end_if_complete(slot.generation)
            finally:
                self._gone(1)

        self._encode(slot.generation, written)

    def _encode(self, generation: Generation, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                logger.exception("an image of %s could not be encoded", generation.id)
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

    def _gone(self, images: int) -> None:
        with self._changed:
            self._pending -= images
        self._outcome.on_room()


def _mounted(slot: Slot, drawn: torch.Tensor) -> torch.Tensor:
    """Return the pixels uint8 [3, h, w] of the image: what was drawn, in what it was drawn over."""
    easel = slot.recipe.easel
    return drawn if easel is None else easel.finished(drawn).to(drawn.device)


def _scores(
    checker: safety.SafetyChecker | None, images: list[torch.Tensor]
) -> list[SafetyScores | None]:
    """Score images together where they are of one size; put back into a picture they may not be."""
    if len({image.shape for image in images}) == 1:
        return safety.score(checker, torch.stack(images))
    return [score for image in images for score in safety.score(checker, image[None])]


def _keep(slot: Slot, image: torch.Tensor, scores: SafetyScores | None) -> None:
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
    )
    slot.generation.keep(ready, data)

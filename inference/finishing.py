"""Turns drawn pixels into files beside the engine's thread, in order, and closes the generation.

One worker is enough and keeps images in order: a 512² lossless WebP takes it 7 ms, less than any
device needs to draw the next. Pillow lets go of the interpreter lock while it encodes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from inference.generation import Generation
from inference.imaging import WEBP, webp
from inference.pipeline import Finished
from inference.protocol import Broken, Done, ImageReady

logger = logging.getLogger(__name__)


class Finisher:
    """A small queue of images to encode. `on_image` and `on_end` are told of what became of them."""

    def __init__(
        self, *, on_image: Callable[[], None], on_end: Callable[[Generation], None]
    ) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="atelier-finisher")
        self._on_image = on_image
        self._on_end = on_end

    def take(self, generation: Generation, finished: Finished) -> None:
        """Encode one image and tell of it, soon."""
        self._submit(generation, lambda: self._encode(generation, finished))

    def close(self, generation: Generation) -> Future[None]:
        """Say that `generation` is done once all its images are encoded."""
        return self._submit(generation, lambda: self._end(generation))

    def stop(self) -> None:
        """Finish what was taken, and take no more."""
        self._pool.shutdown(wait=True)

    def _submit(self, generation: Generation, work: Callable[[], None]) -> Future[None]:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                logger.exception("an image of %s could not be encoded", generation.id)
                generation.end(Broken(f"the image could not be encoded: {error}").as_event())

        return self._pool.submit(guarded)

    def _encode(self, generation: Generation, finished: Finished) -> None:
        data = webp(finished.pixels.numpy())
        height, width, _ = finished.pixels.shape
        ready = ImageReady(
            index=finished.index,
            sha256=hashlib.sha256(data).hexdigest(),
            content_type=WEBP,
            width=width,
            height=height,
            seed=generation.parameters.seed_of(finished.index),
            scores=finished.scores,
        )
        generation.keep(ready, data)
        self._on_image()

    def _end(self, generation: Generation) -> None:
        timings = {stage: round(seconds, 4) for stage, seconds in generation.timings.items()}
        if generation.end(Done(timings=timings)):
            self._on_end(generation)

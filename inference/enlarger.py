"""Makes pictures ready to be drawn over at a larger size, beside the steps: opened, resampled, encoded.

A thread of its own, since resampling to 8K takes seconds and encoding it minutes on a CPU, and nobody's sketch waits for
that. The loop begins it and takes up what is laid out; what waits here counts against the loop's berths.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch

from inference.briefs import Brief
from inference.enlarging import Enlargement
from inference.generation import Generation
from inference.sheets import Sheet, resampled
from inference.slots import Slot
from inference.stages import enlarged
from inference.stages.canvas import Canvas, large_canvas_of
from inference.streams import Aside


@dataclass(frozen=True, eq=False)
class Images:
    """Images of one generation, by index, and the words of each."""

    generation: Generation
    briefs: Sequence[tuple[int, Brief]]

    @property
    def enlargement(self) -> Enlargement:
        """How large they come out."""
        larger = self.generation.enlargement
        assert larger is not None  # noqa: S101 - nothing else is laid out here
        return larger

    @property
    def berths(self) -> int:
        """How much room they take."""
        return len(self.briefs) * self.generation.berths_each


@dataclass(frozen=True)
class LaidOut:
    """Images whose picture is ready: as pixels where nothing is drawn, else as latents; or why it is not."""

    images: Images
    easel: enlarged.Enlarged | None = None
    canvas: Canvas | None = None
    error: Exception | None = None

    def slots(self, now: float) -> list[Slot | Sheet]:
        """Return the images before their first step.

        Raises:
            Exception: What went wrong.
        """
        if self.error is not None:
            raise self.error
        generation, larger = self.images.generation, self.images.enlargement
        briefs = [(index, replace(brief, easel=self.easel)) for index, brief in self.images.briefs]
        if self.canvas is None:
            return [resampled(generation, index, brief, now) for index, brief in briefs]
        picture = self.canvas.picture
        return [
            Sheet(generation, index, brief, picture=picture, enlargement=larger, now=now)
            for index, brief in briefs
        ]


class Enlarger:
    """One thread; `on_ready` is called there with each tile that is encoded, and when there is something to take up."""

    def __init__(self, aside: Aside, on_ready: Callable[[], None], *, threads: int) -> None:
        self._aside, self._on_ready = aside, on_ready
        self.ready: deque[LaidOut] = deque()
        self._under_way: list[Images] = []
        self._pool = ThreadPoolExecutor(
            1, "atelier-enlarger", initializer=self._adopt, initargs=(threads,)
        )

    @property
    def berths(self) -> int:
        """How much room is taken by what is not yet taken up."""
        return sum(images.berths for images in tuple(self._under_way))

    def take(self, images: Images) -> None:
        """Make the picture of `images` ready; returns at once."""
        self._under_way.append(images)
        self._pool.submit(self._lay_out, images)

    def take_up(self) -> LaidOut:
        """Return what is `ready`, the first first."""
        laid = self.ready.popleft()
        self._under_way.remove(laid.images)
        return laid

    def stop(self) -> None:
        """Finish what is under way, and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _adopt(self, threads: int) -> None:
        self._aside.adopt_thread()
        torch.set_num_threads(threads)

    def _lay_out(self, images: Images) -> None:
        try:
            laid = self._laid_out(images)
        except Exception as error:  # noqa: BLE001 - the loop ends the generation with it
            laid = LaidOut(images, error=error)
        self.ready.append(laid)
        self._on_ready()

    def _laid_out(self, images: Images) -> LaidOut:
        generation, larger = images.generation, images.enlargement
        generation.raise_if_given_up()
        file = generation.request.pictures.init_image or b""
        with generation.timing("resample"):
            pixels = enlarged.resampled(file, larger)
        if generation.parameters.resamples:
            return LaidOut(images, easel=enlarged.Enlarged(larger, pixels))
        bundle = images.briefs[0][1].bundle

        def between() -> None:
            generation.raise_if_given_up()
            self._on_ready()

        with generation.timing("encode_picture"), self._aside.computing([]):
            canvas = large_canvas_of(bundle.vae, enlarged.continued(pixels, larger), between)
            picture = canvas.picture.on(torch.device("cpu"))  # from there to the steps' own stream
        return LaidOut(images, easel=enlarged.Enlarged(larger), canvas=Canvas(picture))

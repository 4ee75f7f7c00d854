"""Previews are measured by the safety checker before anybody is told of them, in the very bytes that would be shown.

    take → the newest of each image waits → all that wait are scored at once → told of with their scores

A thread of its own, begun with the first preview. It rests after each look, for so long that looking takes at most
`SHARE` of the time: where the checker is dear there are fewer previews, and never a slower step. How a picture was
drawn is `stages.preview`'s, and whether anybody may see it the backend's.
"""

from __future__ import annotations

import logging
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final, TypeAlias

import numpy as np
import torch
from PIL import Image

from inference.checkers.panel import Panel
from inference.generation import Generation
from inference.metrics import Metrics
from inference.protocol import MeasuredPreview, Preview, SafetyScores
from inference.streams import Aside

SHARE: Final = 0.1
"""Of the time that passes, how much may be spent on looking at previews."""
_AT_ONCE: Final = 16
logger = logging.getLogger(__name__)

Score: TypeAlias = Callable[[Panel, list[torch.Tensor]], list[SafetyScores | None]]


@dataclass(frozen=True)
class _Waiting:
    """A preview that nobody has looked at yet."""

    generation: Generation
    panel: Panel
    preview: Preview


class Measurer:
    """Whoever draws hands a preview over and goes on; only the newest of each image is kept for the next look."""

    def __init__(
        self, aside: Aside, metrics: Metrics, score: Score, *, share: float = SHARE
    ) -> None:
        self._aside, self._metrics, self._score, self._share = aside, metrics, score, share
        self._waiting: dict[tuple[str, int], _Waiting] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def take(self, generation: Generation, panel: Panel, preview: Preview) -> None:
        """Have a preview looked at and told of, soon; returns at once."""
        with self._changed:
            place = (generation.id, preview.index)
            self._waiting.pop(place, None)
            self._waiting[place] = _Waiting(generation, panel, preview)
            self._begin()
            self._changed.notify_all()

    def stop(self) -> None:
        """Look at nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name="atelier-measurer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        self._aside.adopt_thread()
        torch.set_num_threads(1)  # the steps want the cores
        while chunk := self._next():
            began = time.perf_counter()
            try:
                self._look(chunk)
            except Exception:
                # A preview is no image: nobody is told of this one, and the drawing goes on.
                logger.exception("previews could not be looked at; they are not shown")
            self._rest(time.perf_counter() - began)

    def _next(self) -> list[_Waiting]:
        """Wait for previews; return some that one panel looks at, or none when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            if self._stopping:
                return []
            first = next(iter(self._waiting.values()))
            places = [key for key, one in self._waiting.items() if one.panel is first.panel]
            return [self._waiting.pop(key) for key in places[:_AT_ONCE]]

    @torch.inference_mode()
    def _look(self, chunk: list[_Waiting]) -> None:
        wanted = [one for one in chunk if not one.generation.ended]
        if not wanted:
            return
        began = time.perf_counter()
        with self._aside.computing([]):
            scores = self._score(wanted[0].panel, [pixels_of(one.preview) for one in wanted])
        self._metrics.preview_safety_seconds.observe(time.perf_counter() - began)
        for one, seen in zip(wanted, scores, strict=True):
            measured = seen.without_embedding() if seen else None
            self._metrics.previews.labels("checker" if measured else "nobody").inc()
            told = MeasuredPreview(**one.preview.model_dump(), scores=measured)
            if one.generation.show(told):
                self._metrics.previewed(one.generation)

    def _rest(self, spent: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, spent * (1 / self._share - 1))


def pixels_of(preview: Preview) -> torch.Tensor:
    """Return what a browser would show: uint8 [3, h, w]."""
    with Image.open(BytesIO(b64decode(preview.webp_base64))) as picture:
        return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).contiguous()

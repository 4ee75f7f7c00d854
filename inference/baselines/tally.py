"""How many images a baseline has drawn, for Prometheus; whether anybody still waited makes no difference.

What is drawn less what is delivered is the work done in vain, which every arm of the comparison is to tell
exactly. Counted where it is drawn: LitServe does that in a process of its own, hence the shared memory.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterable, Iterator
from multiprocessing.sharedctypes import RawValue

from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily

from inference.baselines.answers import Drawn, Picture


class Tally:
    """A counter that goes with an app into a forked process, and with a model into a spawned one.

    Any process may read; only one, the model's, adds, from as many threads as it likes.
    """

    def __init__(self, images: ctypes.c_uint64 | None = None) -> None:
        self._images = RawValue(ctypes.c_uint64) if images is None else images
        self._adding = threading.Lock()

    def __reduce__(self) -> tuple[type[Tally], tuple[ctypes.c_uint64]]:
        """Go to a process that is being spawned: the number is shared, the lock is each one's own."""
        return Tally, (self._images,)

    @property
    def images(self) -> int:
        """How many images have been drawn."""
        return int(self._images.value)

    def add(self, drawn: Iterable[Drawn]) -> None:
        """Count the pictures among `drawn`."""
        pictures = sum(isinstance(one, Picture) for one in drawn)
        with self._adding:
            self._images.value += pictures

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Tell a registry."""
        yield CounterMetricFamily(
            "baseline_images", "Images drawn, whoever still waited", value=self.images
        )

    def told_by(self, app: FastAPI) -> None:
        """Have `app` tell it under `/metrics`; without a thread, as all of them may be drawing."""
        registry = CollectorRegistry()
        registry.register(self)

        @app.get("/metrics")
        async def metrics() -> Response:
            """Return what Prometheus collects."""
            return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

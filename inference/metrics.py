"""What an engine counts for Prometheus. One registry an engine, so that two never mix."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_STEP_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Counters and gauges of one engine; `text` is the exposition format."""

    def __init__(self, *, waiting: Callable[[], float], running: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        room = {"registry": self._registry}
        Gauge(
            "atelier_inference_waiting", "Generations waiting for the engine", **room
        ).set_function(waiting)
        Gauge("atelier_inference_running", "Generations being drawn", **room).set_function(running)
        self.step_seconds = Histogram(
            "atelier_inference_step_seconds",
            "Seconds of one denoising step",
            buckets=_STEP_SECONDS,
            **room,
        )
        self.images = Counter("atelier_inference_images", "Images finished", **room)
        self.generations = Counter(
            "atelier_inference_generations", "Generations ended, by outcome", ["outcome"], **room
        )
        self.refused = Counter(
            "atelier_inference_refused", "Generations not taken in, by reason", ["code"], **room
        )

    def text(self) -> bytes:
        """Return everything counted so far."""
        return generate_latest(self._registry)

"""What an engine counts for Prometheus. One registry an engine, so that two never mix."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from inference.energy import Energy
from inference.generation import Generation, State
from inference.span_counts import SPANS

_STEP_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_WAIT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
_ROWS = (1, 2, 4, 8, 12, 16, 24, 32)


class Metrics:
    """Counters and gauges of one engine; `text` is the exposition format."""

    def __init__(self, *, waiting: Callable[[], float], running: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Energy())
        self.registry.register(SPANS)
        self._writing_off = threading.Lock()
        self._gauge("waiting", "Generations waiting for the engine").set_function(waiting)
        self._gauge("running", "Generations being drawn").set_function(running)
        self._occupancy = self._gauge(
            "occupancy", "Rows of the last step over the rows it may carry"
        )
        self._mfu = self._gauge("mfu", "Model FLOP of the last step over the device's matrix FLOP")
        self.step_seconds = self._histogram(
            "step_seconds", "Seconds of a shared step", _STEP_SECONDS
        )
        self._step_rows = self._histogram("step_rows", "UNet rows of a shared step", _ROWS)
        self._rows = self._counter("rows", "UNet rows computed")
        self._rows_wasted = self._counter(
            "rows_wasted", "UNet rows computed for what was then canceled or failed"
        )
        self.decode_seconds = self._histogram("decode_seconds", "Seconds of the VAE", _STEP_SECONDS)
        self.safety_seconds = self._histogram(
            "safety_seconds", "Seconds of the checker", _STEP_SECONDS
        )
        self.preview_safety_seconds = self._histogram(
            "preview_safety_seconds", "Seconds of the checker for previews", _STEP_SECONDS
        )
        self.previews = self._counter("previews", "Previews, by whether they were measured", ["by"])
        self.queue_seconds = self._histogram(
            "queue_seconds",
            "Seconds until the first step, by priority",
            _WAIT_SECONDS,
            ["priority"],
        )
        self._first_preview = self._histogram(
            "first_preview_seconds", "Seconds until the first preview", _WAIT_SECONDS
        )
        self._generation_seconds = self._histogram(
            "generation_seconds",
            "Seconds from taken in to ended, by outcome",
            _WAIT_SECONDS,
            ["outcome"],
        )
        self.images = self._counter("images", "Images finished")
        self.unchecked = self._counter(
            "images_unchecked", "Images that not every safety checker measured, and so held"
        )
        self.generations = self._counter(
            "generations", "Generations ended, by outcome", ["outcome"]
        )
        self.refused = self._counter("refused", "Generations not taken in, by reason", ["code"])

    def step(self, *, rows: int, cap: int, seconds: float, mfu: float) -> None:
        """Count one shared step."""
        self.step_seconds.observe(seconds)
        self._step_rows.observe(rows)
        self._rows.inc(rows)
        self._occupancy.set(rows / cap)
        self._mfu.set(mfu)

    def computed(self, generation: Generation, rows: int) -> None:
        """Know that `rows` of a step were for `generation`; if that came to nothing, they are wasted."""
        with self._writing_off:
            generation.rows_at_stake += rows
            self._write_off(generation)

    def previewed(self, generation: Generation) -> None:
        """Count how long the first preview of a generation took."""
        if generation.previewed_at is None:
            generation.previewed_at = time.monotonic()
            self._first_preview.observe(generation.previewed_at - generation.asked_at)

    def ended(self, generation: Generation) -> None:
        """Count an ended generation, and what it took if nobody gets anything for it."""
        with self._writing_off:
            self._write_off(generation)
        outcome = generation.state.value
        self.generations.labels(outcome).inc()
        ended = generation.ended_at or time.monotonic()
        self._generation_seconds.labels(outcome).observe(ended - generation.asked_at)

    def text(self) -> bytes:
        """Return everything counted so far."""
        return generate_latest(self.registry)

    def _write_off(self, generation: Generation) -> None:
        # One that was canceled too late to be stopped has succeeded, and was drawn for nobody all the same.
        if generation.ended and (generation.stopping or generation.state is not State.SUCCEEDED):
            self._rows_wasted.inc(generation.rows_at_stake)
            generation.rows_at_stake = 0

    def _counter(self, name: str, help_: str, labels: list[str] | None = None) -> Counter:
        return Counter(f"atelier_inference_{name}", help_, labels or [], registry=self.registry)

    def _gauge(self, name: str, help_: str) -> Gauge:
        return Gauge(f"atelier_inference_{name}", help_, registry=self.registry)

    def _histogram(
        self, name: str, help_: str, buckets: tuple[float, ...], labels: list[str] | None = None
    ) -> Histogram:
        return Histogram(
            f"atelier_inference_{name}",
            help_,
            labels or [],
            buckets=buckets,
            registry=self.registry,
        )

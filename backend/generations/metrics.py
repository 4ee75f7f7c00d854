"""What Prometheus collects of generations: how many ended, and how the queue stands, measured when it asks."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from backend.generations.models import queue
from backend.kit.database import Database
from backend.kit.telemetry import REGISTRY

ENDED: Final = Counter(
    "atelier_generations_ended_total", "Generations that ended.", ["state"], registry=REGISTRY
)


def queue_gauges(database: Database, registry: CollectorRegistry) -> None:
    """Add the depth of the queue and the age of its oldest generation to `registry`."""
    with database.read() as session:
        counts = queue.counts(session)
        oldest = queue.longest_wait(session)
    depth = Gauge(
        "atelier_generations", "Generations now in that state.", ["state"], registry=registry
    )
    for state, number in counts.items():
        depth.labels(state.value).set(number)
    Gauge(
        "atelier_queue_longest_wait_seconds",
        "How long the generation that is due longest has waited.",
        registry=registry,
    ).set(oldest)

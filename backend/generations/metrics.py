"""How the queue stands, measured when Prometheus asks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from backend.generations.models import queue
from backend.kit.database import Database


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

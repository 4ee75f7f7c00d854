"""What Prometheus collects of moderation: how images were judged, and what waits for people, measured when it asks."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import func, select
from sqlmodel import col

from backend.kit import clock
from backend.kit.database import Database
from backend.kit.telemetry import REGISTRY
from backend.moderation.models import Flag
from backend.moderation.repository import is_open
from backend.moderation.schemas import FlagFilter
from backend.policies.schemas import Severity

JUDGED: Final = Counter(
    "atelier_images_judged_total",
    "Images judged when they were stored, by what became of them.",
    ["moderation"],
    registry=REGISTRY,
)


def review_gauges(database: Database, registry: CollectorRegistry) -> None:
    """Add how many cases wait for a person, and for how long, by severity; what has none is moderate."""
    severity = func.coalesce(col(Flag.severity), Severity.MODERATE.value)
    waiting = (
        select(severity, func.count(), func.min(col(Flag.created_at)))
        .where(is_open(FlagFilter.OPEN))
        .group_by(severity)
    )
    with database.read() as session:
        found = {str(word): (number, since) for word, number, since in session.execute(waiting)}
    cases = Gauge(
        "atelier_cases_waiting",
        "Held images that wait for a reviewer.",
        ["severity"],
        registry=registry,
    )
    longest = Gauge(
        "atelier_case_longest_wait_seconds",
        "How long the case that waits longest has waited.",
        ["severity"],
        registry=registry,
    )
    now = clock.utc_now()
    for one in Severity:
        number, since = found.get(one.value, (0, None))
        cases.labels(one.value).set(number)
        longest.labels(one.value).set((now - since).total_seconds() if since else 0.0)

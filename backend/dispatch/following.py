"""Goes on with the request that a generation came by: its id in what is logged, its trace in what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import Span

from backend.generations.models import Generation
from backend.kit.clock import utc_now
from inference import tracing
from inference.request_ids import working_for


@contextmanager
def following(row: Generation) -> Iterator[Span]:
    """Do what is inside, the life of the claimed `row`, under its request, after telling how long it was queued."""
    with working_for(row.request_id):
        if not tracing.is_on():
            yield tracing.NOTHING
            return
        asked = tracing.after(row.traceparent)
        if row.attempt == 1:
            began, claimed = row.created_at.timestamp(), utc_now().timestamp()
            priority = row.priority.value
            tracing.past(
                "queue", began, claimed, within=asked, generation_id=row.id, priority=priority
            )
        with tracing.span(
            "draw",
            within=asked,
            generation_id=row.id,
            model=row.parameters.model,
            attempt=row.attempt,
        ) as span:
            yield span

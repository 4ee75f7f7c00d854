"""Looks for emergency stops: which of what runs has to end, and what must not begin.

Every dispatcher looks twice a second at what it runs, so that a stop holds in every process within a second, heard of
or not.
"""

from __future__ import annotations

from collections.abc import Mapping

from backend.dispatch.outcomes import Failure
from backend.kit.context import Context
from backend.stops import service
from backend.stops.refusals import code_of, explained
from backend.stops.service import Stops


def look(context: Context, running: Mapping[str, str]) -> dict[str, Failure]:
    """Return how those of `running`, models by id, have to end that are stopped."""
    with context.database.read() as session:
        stops = service.now(session)
    return {key: end for key, model in running.items() if (end := failure(stops, model))}


def failure_of(context: Context, model: str) -> Failure | None:
    """Return how a generation with `model` has to end before it begins, or None."""
    with context.database.read() as session:
        return failure(service.now(session), model)


def failure(stops: Stops, model: str) -> Failure | None:
    """Return how a generation with `model` has to end, or None where nothing stops it."""
    stop = stops.of_model(model)
    return Failure(code_of(stop), explained(stop), retryable=False) if stop else None

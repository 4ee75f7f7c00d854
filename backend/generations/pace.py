"""How fast models draw, measured by what they finished lately: seconds for each megapixel-step.

A generation that shares its steps with others is slower than one alone; what is measured is how it is
here, with the company that there is.
"""

from __future__ import annotations

from collections import defaultdict

from sqlmodel import Session

from backend.generations import repository

_EACH = 20


def lately(session: Session) -> dict[str, float]:
    """Return the pace of every model that has finished something lately, by its name."""
    done: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for model, cost, began, ended in repository.lately_succeeded(session):
        if began and ended and len(done[model]) < _EACH:
            done[model].append((cost, (ended - began).total_seconds()))
    return {
        model: sum(seconds for _, seconds in rows) / cost
        for model, rows in done.items()
        if (cost := sum(cost for cost, _ in rows))
    }


def usual(paces: dict[str, float]) -> float | None:
    """Return the pace to believe of a model that was not measured, or None if none was."""
    return sum(paces.values()) / len(paces) if paces else None

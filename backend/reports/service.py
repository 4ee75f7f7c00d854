"""Puts the report together: six questions to the database, joined by bucket, with the names of what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.reports import repository
from backend.reports.repository import Asked
from backend.reports.schemas import By, Figures, ReportRow, UsageReport
from backend.reports.span import Span
from backend.usage.price import credits_in

MOST_ROWS: Final = 1000
ADDED_UP: Final = (
    "generations", "succeeded", "failed", "canceled", "images", "credits", "held", "released", "rejected",
)  # fmt: skip
_TOTAL: Final = ""

Told = tuple[tuple[str, str], Any]
"""Bucket and figure, and its value."""


def report(session: Session, span: Span, by: By, *, compare: bool) -> UsageReport:
    """Return the figures of `span`, told apart, in all, and with `compare` of the days before."""
    items = rows(session, span, by)
    return UsageReport(
        first_day=span.first,
        last_day=span.last,
        by=by,
        total=_total(session, span, items),
        before=_alone(session, span.before) if compare else None,
        items=items[:MOST_ROWS],
        left_off=max(0, len(items) - MOST_ROWS),
    )


def rows(session: Session, span: Span, by: By) -> list[ReportRow]:
    """Return the figures of each day, also of one on which nothing was drawn; else of what spent the most first."""
    found = _figures(Asked(session, span, by))
    if by is By.DAY:
        keys = [str(day) for day in span.days]
        return [ReportRow(key=key, name=key, **found.get(key, {})) for key in keys]
    named = _names(session, by, set(found))
    made = [
        ReportRow(key=key, **named.get(key, _unnamed(by, key)), **of) for key, of in found.items()
    ]
    return sorted(made, key=lambda row: (-row.credits, -row.images, row.key))


def _total(session: Session, span: Span, items: list[ReportRow]) -> Figures:
    """Return what the rows are together: counts add up, percentiles do not and are asked for."""
    counted = {name: sum(getattr(row, name) for row in items) for name in ADDED_UP}
    timed = dict(_timed(Asked(session, span, None)))
    return Figures(**_rated({**counted, **{name: value for (_, name), value in timed.items()}}))


def _alone(session: Session, span: Span) -> Figures:
    return Figures(**_figures(Asked(session, span, None)).get(_TOTAL, {}))


def _figures(asked: Asked) -> dict[str, dict[str, Any]]:
    """Return what `Figures` says of each bucket in which anything happened."""
    found: dict[str, dict[str, Any]] = {}
    for (key, name), value in (*_counted(asked), *_timed(asked)):
        found.setdefault(key, {})[name] = value
    return {key: _rated(of) for key, of in found.items()}


def _rated(of: dict[str, Any]) -> dict[str, Any]:
    return {**of, "hold_rate": of.get("held", 0) / of["images"]} if of.get("images") else of


def _counted(asked: Asked) -> Iterator[Told]:
    """Yield what is counted, and the credits."""
    counts = {
        ("generations", "succeeded", "failed", "canceled"): repository.generations(asked),
        ("images",): repository.images(asked),
        ("held", "released", "rejected"): repository.flags(asked),
    }
    for names, answers in counts.items():
        for key, values in answers.items():
            yield from (((key, name), value) for name, value in zip(names, values, strict=True))
    for key, (net,) in repository.spent(asked).items():
        yield (key, "credits"), credits_in(int(net))


def _timed(asked: Asked) -> Iterator[Told]:
    """Yield the percentiles."""
    for kind, answers in (("wait", repository.waits(asked)), ("run", repository.runs(asked))):
        for key, values in answers.items():
            for percent, value in zip(repository.PERCENTILES, values, strict=True):
                # Two machines' clocks may disagree by more than a wait was long.
                yield (key, f"{kind}_p{percent}"), round(max(0.0, value), 3)


def _names(session: Session, by: By, keys: set[str]) -> dict[str, dict[str, str]]:
    if by is By.PERSON:
        people = accounts.users_by_id(session, keys)
        return {
            one.id: {"name": one.name or one.email, "email": one.email} for one in people.values()
        }
    if by is By.TEAM:
        teams = accounts.teams_by_id(session, keys)
        return {one.id: {"name": one.name} for one in teams.values()}
    return {}


def _unnamed(by: By, key: str) -> dict[str, str]:
    """Return the name of what has no row of its own: a model is called by its key, and what is gone by nothing."""
    return {"name": key if by is By.MODEL else ""}

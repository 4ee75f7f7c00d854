"""Sums and percentiles over the rows of others, made by the database. Reads only, decides nothing.

Both databases do the same: a percentile is the smallest value that so many percent of the values do not
exceed, found by numbering them in order, since SQLite has no percentile_cont. What Python is given is a row a bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, String, case, cast, func, literal, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from backend.generations.models import Generation
from backend.generations.repository import model_name
from backend.images.models import Image
from backend.kit.database import is_sqlite
from backend.kit.queue import State
from backend.moderation.models import Flag
from backend.moderation.schemas import FlagOrigin, FlagState
from backend.reports.schemas import By
from backend.reports.span import Span
from backend.usage.models import UsageCharge

PERCENTILES: Final = (50, 95)

Answers = dict[str, tuple[Any, ...]]
"""What one question was answered, by bucket."""


@dataclass(frozen=True)
class Asked:
    """Whose rows are counted, in which days, and by what they are told apart; None: not at all."""

    session: Session
    span: Span
    by: By | None


def generations(asked: Asked) -> Answers:
    """Return how many generations were accepted, succeeded, failed and were canceled."""
    state = col(Generation.state)
    base = _generations(asked, state.label("state"))
    ends = [
        _how_many(base.c.state == end) for end in (State.SUCCEEDED, State.FAILED, State.CANCELED)
    ]
    return _answers(asked, select(base.c.key, func.count(), *ends).group_by(base.c.key))


def images(asked: Asked) -> Answers:
    """Return how many images there are; an index tells it alone."""
    base = _generations(asked, col(Generation.id).label("id"))
    query = select(base.c.key, func.count()).join(Image, col(Image.generation_id) == base.c.id)
    return _answers(asked, query.group_by(base.c.key))


def flags(asked: Asked) -> Answers:
    """Return how many images were ever held, how many of these were released, and how many rejected.

    What was looked at by chance was not held.
    """
    base = _generations(asked, col(Generation.id).label("id"))
    decided = [
        _how_many(col(Flag.state) == end) for end in (FlagState.RELEASED, FlagState.REJECTED)
    ]
    query = (
        select(base.c.key, func.count(), *decided)
        .join(Image, col(Image.generation_id) == base.c.id)
        .join(Flag, col(Flag.image_id) == col(Image.id))
        .where(col(Flag.origin) != FlagOrigin.SAMPLE)
    )
    return _answers(asked, query.group_by(base.c.key))


def waits(asked: Asked) -> Answers:
    """Return half's and 95 percent's longest wait, of the generations that were started."""
    return _percentiles(asked, col(Generation.created_at), col(Generation.started_at))


def runs(asked: Asked) -> Answers:
    """Return the same of the time that drawing took, of the generations that succeeded."""
    done = col(Generation.state) == State.SUCCEEDED
    return _percentiles(asked, col(Generation.started_at), col(Generation.ended_at), done)


def spent(asked: Asked) -> Answers:
    """Return how many millionths of a credit were charged and not given back, by the ledger's days."""
    keys: dict[By, Callable[[], Any]] = {
        By.DAY: lambda: cast(col(UsageCharge.day), String),
        By.TEAM: lambda: col(UsageCharge.team_id),
        By.PERSON: lambda: col(UsageCharge.user_id),
        By.MODEL: model_name,
    }
    key = _key(asked, keys)
    net = (col(UsageCharge.microcredits) - col(UsageCharge.refunded)).label("net")
    rows = select(key, net).where(
        col(UsageCharge.day) >= asked.span.first, col(UsageCharge.day) <= asked.span.last
    )
    if asked.by is By.MODEL:  # a deleted generation stays paid for, and has no model any more
        rows = rows.outerjoin(Generation, col(Generation.id) == col(UsageCharge.generation_id))
    base = rows.subquery()
    return _answers(asked, select(base.c.key, func.sum(base.c.net)).group_by(base.c.key))


def _generations(asked: Asked, *columns: Any, such: Sequence[ColumnElement[bool]] = ()) -> Any:  # noqa: ANN401
    """Return `such` generations of those days as a subquery: the key of their bucket, and `columns`."""
    accepted = col(Generation.created_at)
    keys: dict[By, Callable[[], Any]] = {
        By.DAY: lambda: _day_of(asked.session, accepted),
        By.TEAM: lambda: col(UsageCharge.team_id),
        By.PERSON: lambda: col(Generation.owner_id),
        By.MODEL: model_name,
    }
    rows = select(_key(asked, keys), *columns).where(
        accepted >= asked.span.begins, accepted < asked.span.ends, *such
    )
    if asked.by is By.TEAM:  # the ledger knows which team it was then
        rows = rows.outerjoin(UsageCharge, col(UsageCharge.generation_id) == col(Generation.id))
    return rows.subquery()


def _percentiles(
    asked: Asked, start: Mapped[Any], end: Mapped[Any], *such: ColumnElement[bool]
) -> Answers:
    lasted = _seconds(asked.session, start, end).label("lasted")
    base = _generations(asked, lasted, such=(start.is_not(None), end.is_not(None), *such))
    place = func.row_number().over(partition_by=base.c.key, order_by=base.c.lasted)
    number = func.count().over(partition_by=base.c.key)
    ranked = select(
        base.c.key, base.c.lasted, (100 * place).label("place"), number.label("number")
    ).subquery()
    reached = [
        func.min(case((ranked.c.place >= percent * ranked.c.number, ranked.c.lasted)))
        for percent in PERCENTILES
    ]
    return _answers(asked, select(ranked.c.key, *reached).group_by(ranked.c.key))


def _key(asked: Asked, keys: dict[By, Callable[[], Any]]) -> Any:  # noqa: ANN401
    """Return the key of a row's bucket: plain text, empty where there is none."""
    if asked.by is None:
        return literal("", String).label("key")
    return func.coalesce(keys[asked.by](), "").label("key")


def _day_of(session: Session, moment: Mapped[Any]) -> Any:  # noqa: ANN401
    """Return, to be used inside a statement, the day of UTC of a moment: 2026-11-22."""
    if is_sqlite(session):
        return func.date(moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")


def _seconds(session: Session, start: Mapped[Any], end: Mapped[Any]) -> Any:  # noqa: ANN401
    """Return, to be used inside a statement, how long it was from one moment to another."""
    if is_sqlite(session):
        return (func.julianday(end) - func.julianday(start)) * 86400.0
    return cast(func.extract("epoch", end - start), Float)


def _how_many(such: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((such, 1), else_=0)), 0)


def _answers(asked: Asked, query: Select[Any]) -> Answers:
    return {key: tuple(rest) for key, *rest in asked.session.execute(query)}

"""What can be said of rows that wait, and done with them while nobody holds them; knows no lease.

Order is `ORDER BY tag, id`. Owners may move their own rows about: the places that they have in the line
stay the same places, so nobody else is overtaken and nobody else's tag changes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, literal
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import Session, col, select, update

from backend.kit.database import database_time, now_of
from backend.kit.fairness import Line
from backend.kit.gate import Gate
from backend.kit.leased import Leased, State

L = TypeVar("L", bound=Leased)


class Seat(NamedTuple):
    """Where a row stands: the smaller seat is served first."""

    tag: float
    id: str


class Place(NamedTuple):
    """What is before a queued row."""

    position: int
    work: float


class WaitingLine(Generic[L]):
    """The verbs on the queued rows of one table. Each works in the caller's transaction."""

    def __init__(self, table: type[L]) -> None:
        self.table = table
        self.gate = Gate(str(table.__tablename__))
        self._line = Line(str(table.__tablename__))

    def put(self, session: Session, row: L, *, person: str) -> None:
        """Add `row`, due now, at the end of the line of `person` and its priority."""
        row.tag = self._line.tag(session, person, row.priority, row.cost)
        row.run_at = self.now(session)
        session.add(row)

    def pause(self, session: Session, row_id: str) -> bool:
        """Leave a queued row where it is, not to be claimed; False if it is not queued."""
        return changed(session, self._queued(row_id).values(paused=True))

    def resume(self, session: Session, row_id: str, *, person: str) -> bool:
        """Let a paused row be claimed again; False if it is not queued.

        It keeps its place unless the line has passed it; then it goes to the end of the line of
        `person`, so that nobody saves up turns by pausing.
        """
        row = self._locked(session, row_id)
        if row is None:
            return False
        if row.paused:
            values: dict[str, Any] = {"paused": False}
            if row.tag < self._line.served(session):
                values["tag"] = self._line.tag(session, person, row.priority, row.cost)
            changed(session, self._queued(row_id).values(**values))
        return True

    def move(
        self, session: Session, row_id: str, *, among: ColumnElement[bool], before: str | None
    ) -> bool:
        """Put a queued row before the queued row `before`, or first (None), of those in `among`.

        Returns False if one of the two is not queued any more, or not in `among`.
        """
        columns = select(col(self.table.tag), col(self.table.id)).where(
            self.table.state == State.QUEUED, among
        )
        locked = columns.order_by(col(self.table.id)).with_for_update()
        seats = sorted(Seat(*found) for found in session.execute(locked))
        ids = [seat.id for seat in seats if seat.id != row_id]
        if len(ids) == len(seats) or (before is not None and before not in ids):
            return False
        ids.insert(0 if before is None else ids.index(before), row_id)
        for seat in reseated(seats, ids):
            if seat not in seats:
                changed(session, self._queued(seat.id).values(tag=seat.tag))
        return True

    def end(self, session: Session, row_id: str, state: State, **values: Any) -> bool:  # noqa: ANN401
        """End a queued row in `state`, with the table's own `values`; False if it is not queued."""
        return changed(session, self._queued(row_id).values(state=state, **values))

    def counts(self, session: Session) -> dict[State, int]:
        """Return how many rows are queued and running."""
        alive = (State.QUEUED, State.RUNNING)
        found = session.exec(
            select(self.table.state, func.count())
            .where(col(self.table.state).in_(alive))
            .group_by(self.table.state)
        )
        return dict.fromkeys(alive, 0) | {State(state): number for state, number in found}

    def longest_wait(self, session: Session) -> float:
        """Return for how many seconds the row that is due longest has been due; 0 if none is."""
        waited = session.scalar(
            select(database_time(session) - func.min(self.table.run_at)).where(
                self.table.state == State.QUEUED, ~col(self.table.paused)
            )
        )
        return max(0.0, waited or 0.0)

    def places(
        self, session: Session, ids: Collection[str], work: ColumnElement[float] | None = None
    ) -> dict[str, Place]:
        """Return, for each queued row among `ids`, how many rows are before it and how much `work`.

        `work` is what one row counts; without it the sum is 0. Paused rows have no place and are
        before nobody.
        """
        each = literal(0.0) if work is None else work
        order = (col(self.table.tag), col(self.table.id))
        line = (
            select(
                col(self.table.id),
                (func.row_number().over(order_by=order) - 1).label("position"),
                (func.sum(each).over(order_by=order) - each).label("work"),
            )
            .where(self.table.state == State.QUEUED, ~col(self.table.paused))
            .subquery()
        )
        if not ids:
            return {}
        wanted = select(line.c.id, line.c.position, line.c.work).where(line.c.id.in_(ids))
        return {one.id: Place(one.position, float(one.work)) for one in session.execute(wanted)}

    def now(self, session: Session) -> float:
        """Return the database's time, seconds since 1970."""
        return now_of(session)

    def _queued(self, row_id: str) -> Any:  # noqa: ANN401
        return update(self.table).where(
            col(self.table.id) == row_id, col(self.table.state) == State.QUEUED
        )

    def _locked(self, session: Session, row_id: str) -> L | None:
        queued = select(self.table).where(self.table.id == row_id, self.table.state == State.QUEUED)
        return session.exec(
            queued.with_for_update(), execution_options={"populate_existing": True}
        ).one_or_none()


def reseated(seats: Sequence[Seat], ids: Sequence[str]) -> list[Seat]:
    """Return new seats for `ids` in that order, the k-th never before the k-th of sorted `seats`.

    Tags of two people may be equal, and then ids decide: a row with a smaller id is put the least
    bit behind the place that it takes, rather than before somebody else.
    """
    taken: list[Seat] = []
    for place, row_id in zip(seats, ids, strict=True):
        least = max([place, *taken[-1:]])
        # Its own place it may keep; behind any other seat it has to be strictly.
        tag = least.tag if row_id >= least.id else math.nextafter(least.tag, math.inf)
        taken.append(Seat(tag, row_id))
    return taken


def changed(session: Session, statement: UpdateBase) -> bool:
    """Run an UPDATE of one row; return whether there was one."""
    done = session.exec(statement, execution_options={"synchronize_session": False})
    return done.rowcount == 1

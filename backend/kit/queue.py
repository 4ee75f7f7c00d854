"""The durable queue: rows that are leased. One code path for SQLite and PostgreSQL; knows no feature.

A row is claimed for `lease_seconds`, renewed by heartbeats, and ended by whoever still holds it. The
*fence* rises with every claim, so that a holder who slept through its lease can change nothing any
more. Time is the database's own clock: a machine with a wrong one neither steals nor keeps a lease.

Who is served next is one `ORDER BY tag`; `fairness` writes the tag, once, at insert.

    queued ──claim──▶ running ──finish──▶ succeeded | failed | canceled
       ▲                 │
       └── release, retry, reap (lease ran out)
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import (
    CursorResult,
    Enum,
    Index,
    func,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select, update

from backend.kit.database import database_time, is_sqlite
from backend.kit.fairness import Line
from inference.protocol import Priority

BEATS_PER_LEASE: Final = 6
"""How often a lease is renewed before it would run out, and how often dead ones are looked for."""

_FIRST_BACKOFF_S: Final = 1.0
_LONGEST_BACKOFF_S: Final = 60.0


class State(StrEnum):
    """Where a leased row is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in ENDED


ENDED: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED})


def _words(kind: type[StrEnum]) -> Enum:
    return Enum(
        kind,
        native_enum=False,
        length=12,
        values_callable=lambda kind: [word.value for word in kind],
    )


class Leased(SQLModel):
    """The columns of a row that is worked on under a lease. Times are seconds of the database clock."""

    id: str = Field(primary_key=True, max_length=26)
    state: State = Field(
        default=State.QUEUED, sa_type=cast("Any", _words(State)), description="Where it is."
    )
    priority: Priority = Field(
        sa_type=cast("Any", _words(Priority)),
        description="How urgently it is wanted; see `fairness.SHARES`.",
    )
    cost: float = Field(description="How much work it is, in megapixel-steps.")
    tag: float = Field(
        default=0.0, description="Its place in line: the smallest tag is served next."
    )
    run_at: float = Field(default=0.0, description="Not to be claimed before this moment.")
    attempt: int = Field(default=0, description="How many attempts were begun and count.")
    max_attempts: int = Field(description="After this many it is given up as failed.")
    fence: int = Field(default=0, description="Rises with every claim; only the newest may write.")
    lease_owner: str | None = Field(
        default=None, max_length=80, description="Which dispatcher holds it."
    )
    lease_until: float | None = Field(default=None, description="When that lease runs out.")
    cancel_requested: bool = Field(
        default=False, description="Somebody wants it stopped; the holder hears it by heartbeat."
    )


def lease_indexes(table: str) -> tuple[Index, Index]:
    """Return the two partial indexes of a leased table: who is next, and whose lease ran out."""
    queued, running = text("state = 'queued'"), text("state = 'running'")
    return (
        Index(f"ix_{table}_next", "tag", "id", sqlite_where=queued, postgresql_where=queued),
        Index(f"ix_{table}_lease", "lease_until", sqlite_where=running, postgresql_where=running),
    )


@dataclass(frozen=True)
class Lease:
    """What a holder shows to be believed."""

    id: str
    fence: int


class Beat(StrEnum):
    """What a heartbeat answers."""

    OK = "ok"
    CANCEL = "cancel"
    LOST = "lost"


L = TypeVar("L", bound=Leased)


class LeaseQueue(Generic[L]):
    """The verbs on one leased table. Each works in the caller's (writing) transaction."""

    def __init__(self, table: type[L]) -> None:
        self.table = table
        self._line = Line(str(table.__tablename__))

    def put(self, session: Session, row: L, *, person: str) -> None:
        """Add `row`, due now, at the end of the line of `person` and its priority."""
        row.tag = self._line.tag(session, person, row.priority, row.cost)
        row.run_at = self.now(session)
        session.add(row)

    def claim(
        self,
        session: Session,
        *,
        owner: str,
        lease_seconds: float,
        limit: int,
        **values: Any,  # noqa: ANN401
    ) -> list[L]:
        """Lease up to `limit` of the next queued rows to `owner`, in order of tag; may be empty.

        `values` are the table's own, set on each.
        """
        now = database_time(session)
        due = (
            select(self.table.id)
            .where(self.table.state == State.QUEUED, col(self.table.run_at) <= now)
            .order_by(col(self.table.tag), col(self.table.id))
            .limit(limit)
        )
        if not is_sqlite(session):
            due = due.with_for_update(skip_locked=True)
        # Materialized: PostgreSQL may run a plain subquery again for each row, and lock more than `limit`.
        chosen = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
        claimed = update(self.table).where(col(self.table.id).in_(select(chosen.c.id))).values(
            state=State.RUNNING,
            attempt=col(self.table.attempt) + 1,
            fence=col(self.table.fence) + 1,
            lease_owner=owner,
            lease_until=now + lease_seconds,
            **values,
        ).returning(self.table)  # fmt: skip
        rows = list(session.scalars(claimed, execution_options={"synchronize_session": False}))
        if rows:
            self._line.serve(session, max(row.tag for row in rows))
        return sorted(rows, key=lambda row: (row.tag, row.id))

    def heartbeat(self, session: Session, lease: Lease, *, lease_seconds: float) -> Beat:
        """Renew `lease` for `lease_seconds`; say whether it is still held, or wanted stopped."""
        renewed = self._held(lease).values(lease_until=database_time(session) + lease_seconds)
        asked = session.scalar(renewed.returning(col(self.table.cancel_requested)))
        if asked is None:
            return Beat.LOST
        return Beat.CANCEL if asked else Beat.OK

    def lock(self, session: Session, lease: Lease) -> L | None:
        """Return the row, locked until the transaction ends, or None if the lease was lost."""
        held = select(self.table).where(
            self.table.id == lease.id,
            self.table.fence == lease.fence,
            self.table.state == State.RUNNING,
        )
        return session.exec(held.with_for_update()).first()

    def finish(self, session: Session, lease: Lease, state: State, **values: Any) -> bool:  # noqa: ANN401
        """End the row in `state`, with the table's own `values`; False if the lease was lost."""
        ended = self._held(lease).values(state=state, lease_owner=None, lease_until=None, **values)
        return _changed(session, ended)

    def release(self, session: Session, lease: Lease, *, delay: float = 0.0) -> bool:
        """Give the row back, due in `delay` seconds, its attempt not counted; False if lost."""
        back = self._back(session, delay) | {"attempt": col(self.table.attempt) - 1}
        return _changed(session, self._held(lease).values(**back))

    def retry(self, session: Session, lease: Lease, *, attempt: int) -> bool:
        """Give the row back after failed `attempt`, due after a random pause; False if lost."""
        return _changed(session, self._held(lease).values(**self._back(session, backoff(attempt))))

    def cancel(self, session: Session, row_id: str, **values: Any) -> bool:  # noqa: ANN401
        """End a queued row as canceled, or ask the holder of a running one to stop.

        Returns False if it had ended already. `values` are the table's own, set if it ends here.
        """
        waiting = update(self.table).where(
            col(self.table.id) == row_id, col(self.table.state) == State.QUEUED
        )
        running = update(self.table).where(
            col(self.table.id) == row_id, col(self.table.state) == State.RUNNING
        )
        # A row claimed between the two statements is caught by the second one.
        return _changed(
            session, waiting.values(state=State.CANCELED, cancel_requested=True, **values)
        ) or _changed(session, running.values(cancel_requested=True))

    def expired(self, session: Session) -> list[L]:
        """Return the running rows whose lease ran out, locked; another reaper's are left out."""
        late = select(self.table).where(
            self.table.state == State.RUNNING, col(self.table.lease_until) < database_time(session)
        )
        return list(session.exec(late.with_for_update(skip_locked=True)))

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
        """Return for how many seconds the queued row that is due longest has been due; 0 if none."""
        waited = session.scalar(
            select(database_time(session) - func.min(self.table.run_at)).where(
                self.table.state == State.QUEUED
            )
        )
        return max(0.0, waited or 0.0)

    def positions(self, session: Session, ids: Collection[str]) -> dict[str, int]:
        """Return, for each queued row among `ids`, how many queued rows are before it."""
        mine, other = aliased(self.table), aliased(self.table)
        before = (
            select(func.count())
            .where(
                other.state == State.QUEUED,
                tuple_(col(other.tag), col(other.id)) < tuple_(col(mine.tag), col(mine.id)),
            )
            .correlate(mine)
            .scalar_subquery()
        )
        found = session.exec(
            select(mine.id, before).where(col(mine.id).in_(ids), mine.state == State.QUEUED)
        )
        return dict(found.all()) if ids else {}

    def now(self, session: Session) -> float:
        """Return the database's time, seconds since 1970."""
        return float(session.execute(select(database_time(session))).scalar_one())

    def _held(self, lease: Lease) -> Any:  # noqa: ANN401
        return update(self.table).where(
            col(self.table.id) == lease.id,
            col(self.table.fence) == lease.fence,
            col(self.table.state) == State.RUNNING,
        )

    def _back(self, session: Session, delay: float) -> dict[str, Any]:
        return {
            "state": State.QUEUED,
            "lease_owner": None,
            "lease_until": None,
            "run_at": database_time(session) + delay,
        }


def backoff(attempt: int) -> float:
    """Return a random pause in seconds before another try: full jitter, doubling up to a minute."""
    return random.uniform(0, min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2**attempt))  # noqa: S311


def _changed(session: Session, statement: Any) -> bool:  # noqa: ANN401
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount == 1

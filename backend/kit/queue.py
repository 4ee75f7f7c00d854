"""The durable queue: rows that are leased. One code path for SQLite and PostgreSQL; knows no feature.

A row is claimed for `lease_seconds`, renewed by heartbeats, and ended by whoever still holds it. The
*fence* rises with every claim, so that a holder who slept through its lease can change nothing any
more. Time is the database's own clock: a machine with a wrong one neither steals nor keeps a lease.

Who is served next is one `ORDER BY tag`; `fairness` writes the tag, once, at insert. What may be done
with rows while they wait is `waiting`'s; while the `gate` is shut, nothing is claimed.

    queued ──claim──▶ running ──finish──▶ succeeded | failed | canceled
       ▲                 │
       └── release, retry, reap (lease ran out)
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import case, inspect, literal
from sqlmodel import Session, col, select, update

from backend.kit.database import database_time, is_sqlite
from backend.kit.leased import ENDED, Beat, Lease, Leased, State, lease_indexes
from backend.kit.waiting import L, Place, WaitingLine, changed

__all__ = [
    "BEATS_PER_LEASE",
    "ENDED",
    "Beat",
    "Lease",
    "LeaseQueue",
    "Leased",
    "Place",
    "State",
    "backoff",
    "lease_indexes",
]

BEATS_PER_LEASE: Final = 6
"""How often a lease is renewed before it would run out, and how often dead ones are looked for."""

_FIRST_BACKOFF_S: Final = 1.0
_LONGEST_BACKOFF_S: Final = 60.0


class LeaseQueue(WaitingLine[L]):
    """The verbs on one leased table. Each works in the caller's (writing) transaction."""

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

        Paused rows are left alone, and all of them while the gate is shut.

        `values` are the table's own, set on each.
        """
        now = database_time(session)
        due = (
            select(self.table.id)
            .where(
                self.table.state == State.QUEUED,
                col(self.table.run_at) <= now,
                ~col(self.table.paused),
                self.gate.is_open(),
            )
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
        return changed(session, ended)

    def release(self, session: Session, lease: Lease, *, delay: float = 0.0) -> bool:
        """Give the row back, due in `delay` seconds, its attempt not counted; False if lost."""
        back = self._back(session, delay) | {"attempt": col(self.table.attempt) - 1}
        return changed(session, self._held(lease).values(**back))

    def retry(self, session: Session, lease: Lease, *, attempt: int) -> bool:
        """Give the row back after failed `attempt`, due after a random pause; False if lost."""
        return changed(session, self._held(lease).values(**self._back(session, backoff(attempt))))

    def cancel(self, session: Session, row_id: str, **values: Any) -> bool:  # noqa: ANN401
        """End a queued row as canceled, or ask the holder of a running one to stop.

        Returns False if it had ended already. `values` are the table's own, set if it ends here.
        """
        # One statement: between two, a row could be claimed or given back and be missed by both.
        state = col(self.table.state)
        alive = update(self.table).where(
            col(self.table.id) == row_id, state.in_((State.QUEUED, State.RUNNING))
        )
        ending = {"state": State.CANCELED, **values}
        columns = {name: inspect(self.table).columns[name] for name in ending}
        ended = {
            name: case(
                (state == State.QUEUED, literal(value, columns[name].type)), else_=columns[name]
            )
            for name, value in ending.items()
        }
        return changed(session, alive.values(cancel_requested=True, **ended))

    def wanted_stopped(self, session: Session, ids: Collection[str]) -> list[str]:
        """Return which of the running rows in `ids` somebody wants stopped."""
        wanted = select(self.table.id).where(
            col(self.table.id).in_(ids),
            self.table.state == State.RUNNING,
            col(self.table.cancel_requested),
        )
        return list(session.exec(wanted))

    def expired(self, session: Session) -> list[L]:
        """Return the running rows whose lease ran out, locked; another reaper's are left out."""
        late = select(self.table).where(
            self.table.state == State.RUNNING, col(self.table.lease_until) < database_time(session)
        )
        return list(session.exec(late.with_for_update(skip_locked=True)))

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

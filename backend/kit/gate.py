"""The gate of a queue: one row that every dispatcher reads with each claim, wherever it runs.

Shut, nothing is claimed any more. The same row remembers that inference could not be reached, so that
whoever waits can be told, and it is what submissions lock to count the queue one after another.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, update
from sqlmodel import Field, Session, SQLModel, col, select

from backend.kit.database import database_time, insert_into, is_sqlite


class QueueGate(SQLModel, table=True):
    """How the whole of one queue stands. Times are seconds of the database clock."""

    __tablename__ = "queue_gate"

    queue: str = Field(primary_key=True, max_length=60, description="The leased table.")
    drained_at: float | None = Field(
        default=None, description="Since when nothing is claimed; null while it is open."
    )
    away_until: float | None = Field(
        default=None, description="Inference was not there lately; believed until this moment."
    )


class Gate:
    """The gate of one leased table. Each verb works in the caller's transaction."""

    def __init__(self, table: str) -> None:
        self._table = table

    def is_open(self) -> ColumnElement[bool]:
        """Return the condition, inside a statement, that the gate is open."""
        return ~exists().where(
            col(QueueGate.queue) == self._table, col(QueueGate.drained_at).is_not(None)
        )

    def read(self, session: Session) -> QueueGate:
        """Return how the gate stands now."""
        named = select(QueueGate).where(QueueGate.queue == self._table)
        found = session.exec(named, execution_options={"populate_existing": True}).one_or_none()
        return found or QueueGate(queue=self._table)

    def lock(self, session: Session) -> None:
        """Keep everybody else who locks it waiting until this transaction ends."""
        if is_sqlite(session):  # a writing transaction there is alone already
            return
        locked = select(QueueGate.queue).where(QueueGate.queue == self._table).with_for_update()
        if session.exec(locked).one_or_none() is None:
            self._make(session)
            session.exec(locked).one()

    def shut(self, session: Session) -> bool:
        """Let nothing be claimed any more; False if it was shut already."""
        self._make(session)
        return self._set(
            session, col(QueueGate.drained_at).is_(None), drained_at=database_time(session)
        )

    def open(self, session: Session) -> bool:
        """Let rows be claimed again; False if it was open already."""
        return self._set(session, col(QueueGate.drained_at).is_not(None), drained_at=None)

    def note_away(self, session: Session, seconds: float) -> None:
        """Remember for `seconds` that inference could not be reached."""
        self._make(session)
        until = database_time(session) + seconds
        self._set(session, col(QueueGate.queue) == self._table, away_until=until)

    def note_back(self, session: Session) -> None:
        """Forget that inference was away: something was just drawn."""
        self._set(session, col(QueueGate.away_until).is_not(None), away_until=None)

    def _make(self, session: Session) -> None:
        session.execute(
            insert_into(session, QueueGate).values(queue=self._table).on_conflict_do_nothing()
        )

    def _set(
        self,
        session: Session,
        where: ColumnElement[bool],
        **values: ColumnElement[float] | None,
    ) -> bool:
        changed = update(QueueGate).where(col(QueueGate.queue) == self._table, where)
        returned = changed.values(**values).returning(col(QueueGate.queue))
        return (
            session.scalar(returned, execution_options={"synchronize_session": False}) is not None
        )

"""Who is served next: start-time fair queueing over people and priorities. One indexed number a row.

Each person and priority is a flow. A row's tag is where its flow stands after it, and a flow advances by
cost / share; a flow that was idle starts at the tag served last, so that nobody saves up turns. With
`ORDER BY tag` a person who has two hundred waiting does not delay one who has a single one, and a
busy queue is shared 16 : 4 : 1 between the priorities.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import case
from sqlmodel import Field, Session, SQLModel, col

from backend.kit.database import insert_into
from inference.protocol import Priority

SHARES: Final = {Priority.HIGH: 16, Priority.NORMAL: 4, Priority.LOW: 1}
"""What each priority gets of a busy queue."""

_LEAST_COST: Final = 1e-6
_SERVED: Final = "served"


class QueueClock(SQLModel, table=True):
    """How far each flow, and the queue as a whole, has advanced in virtual time."""

    __tablename__ = "queue_clock"

    flow: str = Field(primary_key=True, max_length=120, description="table:person:priority")
    value: float = Field(description="The flow's last tag; for `served`, the largest tag claimed.")


class Line:
    """The waiting line of one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def tag(self, session: Session, person: str, priority: Priority, cost: float) -> float:
        """Return the tag of a new row, and advance the flow it belongs to.

        The flow's row stays locked until the transaction ends, so two rows never share a tag.
        """
        advance = max(cost, _LEAST_COST) * SHARES[Priority.HIGH] / SHARES[priority]
        return self._advance(session, f"{person}:{priority}", self.served(session), advance)

    def served(self, session: Session) -> float:
        """Return the largest tag claimed so far."""
        clock = session.get(QueueClock, self._key(_SERVED), populate_existing=True)
        return clock.value if clock else 0.0

    def serve(self, session: Session, tag: float) -> None:
        """Note that `tag` was claimed."""
        self._advance(session, _SERVED, tag, 0.0)

    def _advance(self, session: Session, flow: str, least: float, by: float) -> float:
        """Move `flow` to at least `least`, and on `by`; return where it is then."""
        value = col(QueueClock.value)
        moved = (
            insert_into(session, QueueClock)
            .values(flow=self._key(flow), value=least + by)
            .on_conflict_do_update(
                index_elements=[col(QueueClock.flow)],
                set_={"value": case((value < least, least), else_=value) + by},
            )
            .returning(value)
        )
        return float(session.execute(moved).scalar_one())

    def _key(self, flow: str) -> str:
        return f"{self._table}:{flow}"

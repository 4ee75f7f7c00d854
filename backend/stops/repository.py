"""The only door to rows of emergency stops."""

from __future__ import annotations

from sqlmodel import Session, col, select

from backend.kit.errors import NotFound
from backend.stops.models import EmergencyStop
from backend.stops.schemas import Scope


def in_force(session: Session) -> list[EmergencyStop]:
    """Return the stops that nobody lifted, the oldest first."""
    rows = select(EmergencyStop).where(col(EmergencyStop.lifted_at).is_(None))
    return list(session.exec(rows.order_by(col(EmergencyStop.id))))


def lately(session: Session, *, limit: int) -> list[EmergencyStop]:
    """Return the stops of all time, the newest first."""
    return list(
        session.exec(select(EmergencyStop).order_by(col(EmergencyStop.id).desc()).limit(limit))
    )


def find(session: Session, scope: Scope, name: str) -> EmergencyStop | None:
    """Return the stop of that in force, if there is one."""
    rows = select(EmergencyStop).where(
        EmergencyStop.scope == scope,
        EmergencyStop.name == name,
        col(EmergencyStop.lifted_at).is_(None),
    )
    return session.exec(rows).one_or_none()


def get(session: Session, stop_id: str) -> EmergencyStop:
    """Return a stop, locked until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    rows = select(EmergencyStop).where(EmergencyStop.id == stop_id).with_for_update()
    found = session.exec(rows).one_or_none()
    if found is None:
        raise NotFound(f"There is no stop {stop_id!r}.")
    return found

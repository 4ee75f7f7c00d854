"""The verbs of emergency stops: pull, lift, and what is stopped now. Each in its caller's transaction.

Whoever accepts, draws or judges asks here, in the transaction in which that is written down. So a stop holds in every
process from the moment that whoever pulled it is answered; nothing is remembered between two questions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.stops import repository
from backend.stops.models import EmergencyStop
from backend.stops.refusals import DrawingStopped, ModelStopped, explained
from backend.stops.schemas import Scope, StopTold


@dataclass(frozen=True)
class Stops:
    """What is stopped at one moment."""

    everything: EmergencyStop | None = None
    models: dict[str, EmergencyStop] = field(default_factory=dict)
    categories: dict[str, EmergencyStop] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[EmergencyStop]) -> Self:
        """Return what these stops, all in force, come to."""
        by = {scope: {row.name: row for row in rows if row.scope is scope} for scope in Scope}
        return cls(by[Scope.EVERYTHING].get(""), by[Scope.MODEL], by[Scope.CATEGORY])

    @property
    def of_drawing(self) -> bool:
        """Whether anything is not drawn at all."""
        return bool(self.everything or self.models)

    def of_model(self, model: str) -> EmergencyStop | None:
        """Return why nothing is drawn with `model`, or None where it may be."""
        return self.everything or self.models.get(model)


def now(session: Session) -> Stops:
    """Return what is stopped."""
    return Stops.of(repository.in_force(session))


def told(session: Session) -> list[StopTold]:
    """Return what everybody is told of what is stopped: of a category they hear nothing."""
    return [
        StopTold(scope=row.scope, name=row.name, reason=row.reason, since=row.since)
        for row in repository.in_force(session)
        if row.scope is not Scope.CATEGORY
    ]


def refuse(session: Session, model: str) -> None:
    """Return if `model` may draw.

    Raises:
        DrawingStopped: All drawing is stopped.
        ModelStopped: That model is.
    """
    stop = now(session).of_model(model)
    if stop is None:
        return
    if stop.scope is Scope.EVERYTHING:
        raise DrawingStopped(explained(stop), retry_after=60)
    raise ModelStopped.of(stop)


def pull(
    session: Session, actor_id: str | None, scope: Scope, name: str, reason: str
) -> EmergencyStop:
    """Stop something from now on.

    Raises:
        Conflict: It is stopped already.
    """
    if repository.find(session, scope, name):
        raise _stopped_already(scope, name)
    row = EmergencyStop(scope=scope, name=name, reason=reason, by=actor_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _stopped_already(scope, name) from None
    _record(session, actor_id, row, "emergency.stop")
    return row


def lift(session: Session, actor_id: str | None, stop_id: str) -> EmergencyStop:
    """Let it be drawn again. Lifting twice is no error.

    Raises:
        NotFound: There is no such stop.
    """
    row = repository.get(session, stop_id)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by = clock.utc_now(), actor_id
        session.add(row)
        _record(session, actor_id, row, "emergency.lift")
    return row


def _stopped_already(scope: Scope, name: str) -> Conflict:
    return Conflict(f"{name or 'All drawing'} is stopped already ({scope}); lift that stop first.")


def _record(session: Session, actor_id: str | None, row: EmergencyStop, verb: str) -> None:
    audit.record(
        session,
        actor_id=actor_id,
        verb=verb,
        subject=f"stop:{row.id}",
        detail={"scope": row.scope, "name": row.name, "reason": row.reason},
    )

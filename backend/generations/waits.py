"""Tells how queued generations wait: what is before them, for how long, and for what.

A handful of statements for any number of rows. An estimate is work before it, by the measured pace of
each model, shared among as many as run at once; it knows nothing of who will submit or cancel meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import Session, col

from backend.generations import pace, repository
from backend.generations.models import Generation, queue
from backend.generations.schemas import Wait, WaitCode, WaitingFor
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.gate import QueueGate
from backend.kit.queue import Place, State

_UNKNOWABLE = frozenset({WaitCode.PAUSED, WaitCode.DRAINED, WaitCode.INFERENCE})


def waits_of(session: Session, context: Context, rows: Sequence[Generation]) -> dict[str, Wait]:
    """Return how each of the queued ones among `rows` waits, by id."""
    queued = [row for row in rows if row.state is State.QUEUED]
    if not queued:
        return {}
    paces = pace.lately(session)
    hall = _Hall(
        now=queue.now(session),
        gate=queue.gate.read(session),
        paces=paces,
        places=queue.places(session, [row.id for row in queued], _seconds(paces)),
        lanes=context.settings.dispatch_concurrency,
        running=repository.running_work(session),
    )
    return {row.id: hall.wait(row) for row in queued}


@dataclass(frozen=True)
class _Hall:
    """Everything that all waits have in common."""

    now: float
    gate: QueueGate
    paces: dict[str, float]
    places: dict[str, Place]
    lanes: int
    running: list[repository.Work]

    def wait(self, row: Generation) -> Wait:
        place = self.places.get(row.id)
        reason = self._reason(row, place)
        start = None if reason.code in _UNKNOWABLE else self._start(row, place)
        own = row.cost * self.paces.get(row.parameters.model or "", 0.0)
        return Wait(
            position=place.position if place else None,
            estimated_start_s=None if start is None else round(start, 1),
            estimated_wait_s=None if start is None else round(start + own, 1),
            waiting_for=reason,
        )

    def _start(self, row: Generation, place: Place | None) -> float | None:
        if place is None or row.parameters.model not in self.paces:
            return None
        due = max(0.0, row.run_at - self.now)
        if len(self.running) + place.position < self.lanes:
            return due
        lanes = max(self.lanes, len(self.running), 1)
        return max(due, (place.work + self._rest()) / lanes)

    def _rest(self) -> float:
        """Return the seconds of work that are left in what runs."""
        usual, now = pace.usual(self.paces) or 0.0, utc_now()
        return sum(
            max(0.0, one.cost * self.paces.get(one.model, usual) - _since(one.started_at, now))
            for one in self.running
        )

    def _reason(self, row: Generation, place: Place | None) -> WaitingFor:
        if row.paused or place is None:
            return WaitingFor(code=WaitCode.PAUSED, message="It is paused until you resume it.")
        if self.gate.drained_at is not None:
            return WaitingFor(
                code=WaitCode.DRAINED,
                message="An administrator lets the queue run dry; this keeps its place and "
                "begins once the queue is opened again.",
            )
        if (self.gate.away_until or 0.0) > self.now:
            return WaitingFor(
                code=WaitCode.INFERENCE,
                message="Nothing that draws can be reached at the moment; it is tried again and again.",
            )
        if row.run_at > self.now and row.attempt > 0:
            until = datetime.fromtimestamp(row.run_at, UTC)
            return WaitingFor(
                code=WaitCode.RETRY,
                message=f"Attempt {row.attempt} of {row.max_attempts} broke off; "
                f"the next one begins at {until:%H:%M:%S} UTC.",
                until=until,
            )
        if place.position:
            are = "generation is" if place.position == 1 else "generations are"
            return WaitingFor(code=WaitCode.OTHERS, message=f"{place.position} {are} before it.")
        return WaitingFor(code=WaitCode.ROOM, message="It is next, as soon as there is room.")


def _seconds(paces: dict[str, float]) -> ColumnElement[float]:
    """Return, to be used inside a statement, how long a generation takes alone."""
    usual = pace.usual(paces)
    if usual is None:
        return literal(0.0)
    known = case(paces, value=repository.model_name(), else_=usual)
    return col(Generation.cost) * known


def _since(began: datetime | None, now: datetime) -> float:
    return 0.0 if began is None else (now - began).total_seconds()

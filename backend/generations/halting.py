"""Ends what waits for a model that was stopped in an emergency: failed, with the reason, and paid back.

Whoever pulls a stop calls this. What was accepted in the same moment ends when it is claimed, and what runs is stopped by
whoever runs it.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from backend.audit import service as audit
from backend.generations import events, notices
from backend.generations import service as generations
from backend.generations.metrics import ENDED
from backend.generations.models import Generation, queue
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.queue import State
from backend.stops.models import EmergencyStop
from backend.stops.refusals import code_of, explained
from backend.stops.service import Stops


def end_waiting(session: Session, context: Context, stops: Stops) -> int:
    """End the queued generations that are stopped, and return how many those were."""
    if not stops.of_drawing:
        return 0
    # Rows in the order of their ids, then the gate, then the audit: everybody locks in this order.
    rows = session.exec(
        select(Generation).where(Generation.state == State.QUEUED).order_by(col(Generation.id))
    )
    stopped = [(row, stop) for row in rows if (stop := stops.of_model(row.parameters.model))]
    ended = [(row, stop) for row, stop in stopped if _end(session, row, stop)]
    for row, _ in ended:
        session.refresh(row)
        generations.refund(session, row)
    for row, stop in ended:
        _tell(session, context, row, stop)
    return len(ended)


def _end(session: Session, row: Generation, stop: EmergencyStop) -> bool:
    return queue.end(
        session,
        row.id,
        State.FAILED,
        ended_at=utc_now(),
        error_code=code_of(stop),
        error_message=explained(stop),
    )


def _tell(session: Session, context: Context, row: Generation, stop: EmergencyStop) -> None:
    notices.announce_end(session, context, row)
    audit.record(
        session,
        actor_id=None,
        verb="generation.failed",
        subject=f"generation:{row.id}",
        detail={"code": code_of(stop)},
    )
    call_after_commit(session, lambda: ENDED.labels(State.FAILED.value).inc())
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))

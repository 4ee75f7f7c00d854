"""Writes down how a generation came out: row, images, verdicts, audit and outbox in one transaction.

Whoever lost the lease writes nothing. A cancel that was accepted before this moment wins over every
other outcome, so that "canceled" is never answered for a generation that then succeeds.
"""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import Histogram
from sqlmodel import Session

from backend.audit import service as audit
from backend.dispatch import stepping
from backend.dispatch.outcomes import (
    Canceled,
    Deferred,
    Drawn,
    Failure,
    Lost,
    Outcome,
    not_stored,
)
from backend.generations import events, notices
from backend.generations import service as generations
from backend.generations.metrics import ENDED
from backend.generations.models import Generation, queue
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.queue import Lease, State
from backend.kit.telemetry import REGISTRY
from backend.recipes import runs
from backend.results import keeping
from backend.results.keeping import Place
from inference import tracing

AWAY_FOR_S: Final = 15.0
"""For how long it is believed that inference is away; dispatchers try again every five seconds."""

DREW: Final = Histogram(
    "atelier_generation_seconds",
    "From the claim to the stored images.",
    registry=REGISTRY,
    buckets=(0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600),
)


@tracing.traced("settle")
def settle(context: Context, lease: Lease, outcome: Outcome) -> Outcome:
    """Settle a generation held under `lease`; return how it came out after all.

    It failed if a file of its images is gone by now.
    """
    if isinstance(outcome, Lost):
        return outcome
    try:
        return _settle(context, lease, outcome)
    except OSError as error:
        return _settle(context, lease, not_stored(error))


def _settle(context: Context, lease: Lease, outcome: Outcome) -> Outcome:
    with context.database.write() as session:
        run = runs.lock_of(session, lease.id)  # before the generation, as everybody locks
        row = queue.lock(session, lease)
        if row is None:
            return Lost()
        outcome = settle_locked(session, context, row, outcome)
        if run is not None:
            stepping.go_on_settled(session, context, run)
        return outcome


def settle_locked(session: Session, context: Context, row: Generation, outcome: Outcome) -> Outcome:
    """Settle `row`, which is running and locked by this transaction."""
    if row.cancel_requested:
        outcome = Canceled()
    lease = Lease(row.id, row.fence)
    match outcome:
        case Drawn():
            _keep_images(session, context, row, outcome)
            _end(session, row, State.SUCCEEDED)
            queue.gate.note_back(session)
        case Canceled():
            generations.refund(session, row, drawn=_share_drawn(context, row))
            _end(session, row, State.CANCELED)
        case Deferred(delay, away):
            queue.release(session, lease, delay=delay)
            if away:
                queue.gate.note_away(session, AWAY_FOR_S)
        case Failure(retryable=True) if row.attempt < row.max_attempts:
            queue.retry(session, lease, attempt=row.attempt)
        case Failure():
            generations.refund(session, row)
            _end(session, row, State.FAILED, failure=outcome)
        case Lost():
            return outcome
    session.refresh(row)  # its state was changed by a statement that the object did not see
    notices.announce_end(session, context, row)
    call_after_commit(session, lambda: _tell(context, row))
    return outcome


def _keep_images(session: Session, context: Context, row: Generation, drawn: Drawn) -> None:
    place = Place(row.owner_id, row.gallery_id, row.parent_id)
    keeping.keep(session, context.storage, drawn.images, place)


def _end(
    session: Session, row: Generation, state: State, *, failure: Failure | None = None
) -> None:
    now = utc_now()
    values: dict[str, Any] = {"ended_at": now}
    if failure:
        values |= {"error_code": failure.code, "error_message": _explained(row, failure)}
    queue.finish(session, Lease(row.id, row.fence), state, **values)
    audit.record(
        session,
        actor_id=None,
        verb=f"generation.{state}",
        subject=f"generation:{row.id}",
        detail={"code": failure.code} if failure else None,
    )
    call_after_commit(session, lambda: ENDED.labels(state.value).inc())
    if state is State.SUCCEEDED and row.started_at:
        took = (now - row.started_at).total_seconds()
        call_after_commit(session, lambda: DREW.observe(took))


def _share_drawn(context: Context, row: Generation) -> float:
    """Return how much of `row` was drawn under this claim, 0 to 1; 0 where nobody here saw."""
    seen = context.hub.latest(row.id)
    if seen is None or seen.progress is None or seen.mark.fence != row.fence:
        return 0.0
    return seen.progress.step / seen.progress.total


def _explained(row: Generation, failure: Failure) -> str:
    """Return the message for its owner; the number of attempts is part of it if there were several."""
    tried = f" It was tried {row.attempt} times." if failure.retryable and row.attempt > 1 else ""
    return f"{failure.message}{tried}"[:2000]


def _tell(context: Context, row: Generation) -> None:
    events.say_changed(context.notifier, row)
    events.say_queued(context.notifier)

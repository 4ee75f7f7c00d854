"""What owners do with their generations that wait: pause, resume, and choose which comes first.

Each works in the caller's transaction. Nobody moves before anybody else: see `kit.waiting`.
"""

from __future__ import annotations

from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import events, repository
from backend.generations.models import Generation, queue
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict


def pause(session: Session, context: Context, actor: Actor, generation_id: str) -> Generation:
    """Leave a queued generation alone until it is resumed. Pausing twice is no error.

    Raises:
        NotFound: There is none, or it is not theirs.
        Conflict: It runs or has ended.
    """
    row = repository.get(session, actor, generation_id)
    if not queue.pause(session, row.id):
        raise _waits_no_more()
    return _changed(session, context, actor, row, "generation.pause")


def resume(session: Session, context: Context, actor: Actor, generation_id: str) -> Generation:
    """Let a paused generation be drawn; it has kept its place unless the line has passed it.

    Raises:
        NotFound: There is none, or it is not theirs.
        Conflict: It runs or has ended.
    """
    row = repository.get(session, actor, generation_id)
    if not queue.resume(session, row.id, person=actor.id):
        raise _waits_no_more()
    return _changed(session, context, actor, row, "generation.resume")


def move(
    session: Session, context: Context, actor: Actor, generation_id: str, before: str | None
) -> Generation:
    """Put a queued generation before another of the actor's own, or before all of them.

    Raises:
        NotFound: One of the two is not there, or not theirs.
        Conflict: One of the two runs or has ended, or they are the same.
    """
    row = repository.get(session, actor, generation_id)
    if before is not None:
        repository.get(session, actor, before)
    mine = col(Generation.owner_id) == actor.id
    if not queue.move(session, row.id, among=mine, before=before):
        raise _waits_no_more()
    return _changed(session, context, actor, row, "generation.move", before=before or "")


def _changed(
    session: Session, context: Context, actor: Actor, row: Generation, verb: str, **detail: str
) -> Generation:
    session.refresh(row)
    audit.record(
        session, actor_id=actor.id, verb=verb, subject=f"generation:{row.id}", detail=detail
    )
    call_after_commit(session, lambda: events.say_queued(context.notifier))
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))
    return row


def _waits_no_more() -> Conflict:
    return Conflict("This works only while it waits in the queue; it runs or has ended.")

"""What an operator does with the queue: look at it, let it run dry, cancel, retry what is dead.

Each verb works in the caller's transaction. `actor_id` None is the command line of the studio itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.models import User
from backend.accounts.permissions import GENERATE
from backend.audit import service as audit
from backend.generations import events
from backend.generations import service as generations
from backend.generations.models import Generation, queue
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict
from backend.kit.notifier import Notifier
from backend.kit.queue import State
from backend.queue import repository
from backend.queue.repository import Owned
from backend.queue.schemas import DeadLetter, DeadPage, Person, QueueEntry, QueuePage, QueueStatus

SUBJECT = "queue:generation"


def look(session: Session, *, cursor: str | None, limit: int) -> QueuePage:
    """Return a page of everybody's queued and running generations, in the order of the line."""
    found, following = repository.page(session, cursor=cursor, limit=limit)
    return QueuePage(
        items=[entry_of(one) for one in found], next_cursor=following, status=status(session)
    )


def status(session: Session) -> QueueStatus:
    """Return how the whole of the queue stands."""
    counts, gate = queue.counts(session), queue.gate.read(session)
    since = gate.drained_at
    return QueueStatus(
        queued=counts[State.QUEUED],
        running=counts[State.RUNNING],
        drained_at=None if since is None else datetime.fromtimestamp(since, UTC),
        inference_away=(gate.away_until or 0.0) > queue.now(session),
    )


def drain(session: Session, notifier: Notifier, actor_id: str | None) -> QueueStatus:
    """Let nothing new begin; what runs ends as usual. Draining twice is no error."""
    if queue.gate.shut(session):
        _record_and_tell(session, notifier, actor_id, "queue.drain")
    return status(session)


def resume(session: Session, notifier: Notifier, actor_id: str | None) -> QueueStatus:
    """Let generations begin again. Resuming twice is no error."""
    if queue.gate.open(session):
        _record_and_tell(session, notifier, actor_id, "queue.resume")
    return status(session)


def cancel(
    session: Session, context: Context, actor_id: str | None, generation_id: str
) -> QueueEntry:
    """Stop anybody's generation: at once while it is queued, between two steps while it runs.

    Raises:
        NotFound: There is none.
        AlreadyEnded: It has succeeded or failed.
    """
    row = repository.get(session, generation_id)
    return entry_of(repository.owned(session, generations.stop(session, context, actor_id, row)))


def dead(session: Session, *, cursor: str | None, limit: int) -> DeadPage:
    """Return a page of the dead letters that nobody has retried, newest first."""
    found, following = repository.dead_page(session, cursor=cursor, limit=limit)
    return DeadPage(items=[_letter(one) for one in found], next_cursor=following)


def retry(
    session: Session, notifier: Notifier, actor_id: str | None, generation_id: str
) -> QueueEntry:
    """Queue a dead letter anew: another generation of the same owner, with every attempt before it.

    The failed one stays failed, because an end is final; it leaves the list and names its successor.

    Raises:
        NotFound: There is no such dead letter.
        Conflict: It was retried already, or its owner was deactivated or may not draw that any more.
        Maintenance: The studio is under maintenance.
    """
    letter, owner = repository.get_dead(session, generation_id)
    if letter.retried_as:
        raise Conflict(f"It was retried already, as generation {letter.retried_as}.")
    _refuse_for(session, owner, letter.parameters.model)
    fresh = Generation(
        owner_id=letter.owner_id,
        parameters=letter.parameters,
        priority=letter.priority,
        cost=letter.cost,
        max_attempts=letter.max_attempts,
        request_hash=letter.request_hash,
        parent_id=letter.parent_id,
        gallery_id=letter.gallery_id,
    )
    queue.put(session, fresh, person=owner.id)
    generations.pay(
        session, owner, fresh
    )  # counted, yet refused by no limit: an administrator wants it
    letter.retried_as = fresh.id
    session.add(letter)
    session.flush()
    for row, detail in ((letter, {"as": fresh.id}), (fresh, {"of": letter.id})):
        audit.record(
            session,
            actor_id=actor_id,
            verb="queue.retry",
            subject=f"generation:{row.id}",
            detail=detail,
        )
    call_after_commit(session, lambda: events.say_queued(notifier))
    call_after_commit(session, lambda: events.say_changed(notifier, fresh))
    return entry_of(Owned(fresh, owner))


def _refuse_for(session: Session, owner: User, model: str) -> None:
    """Refuse to draw in the name of `owner` what they could not ask for themselves now."""
    if not accounts_of.hold_active(session, owner.id):
        raise Conflict(f"Its owner, {owner.name}, was deactivated.")
    if GENERATE not in accounts_of.permissions_of(session, owner.role):
        raise Conflict(f"The role of its owner, {owner.role!r}, may not generate any more.")
    models = accounts_of.models_of(session, owner.role)
    if models and model not in models:
        listed = ", ".join(sorted(models))
        raise Conflict(f"The role of its owner, {owner.role!r}, may draw with {listed} only.")


def entry_of(one: Owned) -> QueueEntry:
    """Return a generation as the queue's operator sees it."""
    row = one.row
    began = row.started_at if row.state is State.RUNNING else None
    return QueueEntry(
        id=row.id,
        owner=_person(one),
        prompt=row.parameters.prompt,
        model=row.parameters.model,
        num_images=row.parameters.num_images,
        credits=round(row.cost, 4),
        priority=row.priority,
        state=row.state,
        paused=row.paused,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        holder=row.lease_owner,
        created_at=row.created_at,
        started_at=row.started_at,
        seconds=round(max(0.0, (utc_now() - (began or row.created_at)).total_seconds()), 1),
    )


def _letter(one: Owned) -> DeadLetter:
    row = one.row
    return DeadLetter(
        id=row.id,
        owner=_person(one),
        prompt=row.parameters.prompt,
        model=row.parameters.model,
        code=row.error_code or "broken",
        message=row.error_message or "",
        attempts=row.attempt,
        created_at=row.created_at,
        ended_at=row.ended_at,
        request_id=row.request_id,
    )


def _person(one: Owned) -> Person:
    return Person(id=one.owner.id, name=one.owner.name, email=one.owner.email)


def _record_and_tell(session: Session, notifier: Notifier, actor_id: str | None, verb: str) -> None:
    audit.record(session, actor_id=actor_id, verb=verb, subject=SUBJECT)
    call_after_commit(session, lambda: events.say_queued(notifier))

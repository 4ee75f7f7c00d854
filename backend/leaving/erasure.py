"""Erases everything of one person, step by step: each step is a transaction, and any of them may be said again.

The row of the erasure says that it was asked for, so whoever dies in the middle is followed by whoever looks next.
Files go before the rows that name them: a row without its file is erased again, a file without its row would be lost
from sight. At the end the account is empty, nobody can sign in as it, and the database has no trace on its free pages.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from sqlmodel import Session

from backend.accounts import service as accounts
from backend.accounts.invites import repository as invites
from backend.accounts.models import User
from backend.audit import service as audit
from backend.generations import events
from backend.generations import repository as generations_of
from backend.generations import service as generations
from backend.generations.models import Generation, queue
from backend.kit.clock import utc_now
from backend.kit.database import Database, call_after_commit
from backend.kit.notifier import Notifier
from backend.kit.queue import Lease, State
from backend.kit.scrubbing import scrub
from backend.kit.storage import Storage
from backend.leaving import files, removal, repository
from backend.leaving.belongings import BELONGINGS, ERASED, Belonging, erased
from backend.leaving.models import Erasure
from backend.legalholds import repository as legal_holds
from backend.legalholds import service as legalholds
from backend.library import index
from backend.moderation import service as moderation

AT_ONCE: Final = 20


class Step(Enum):
    """What a step came to."""

    MORE = auto()
    WAITING = auto()  # for a generation that runs: it stops at its next step, or its lease ends
    DONE = auto()


def named(person: User) -> str:
    """Return what has to be typed once more before `person` is erased: the e-mail address, or the id without one."""
    return person.email or person.id


def is_meant(person: User, typed: str) -> bool:
    """Return whether `typed` names `person`."""
    return typed.strip().casefold() == named(person).casefold()


def ask(session: Session, actor_id: str | None, person: User) -> Erasure:
    """Write down that everything of `person` is to be erased, and let them in no more.

    Asked again while it is under way, it is the same erasure.

    Raises:
        UnderLegalHold: Something of theirs is; it is named.
    """
    legalholds.must_be_free(session, repository.everything_of(person.id))
    repository.lock_person(session, person.id)
    if known := repository.erasure_under_way(session, person.id):
        return known
    erasure = Erasure(person_id=person.id, asked_by=actor_id)
    session.add(erasure)
    accounts.deactivate(session, person, by=actor_id)
    _record(session, actor_id, "erase", erasure)
    session.flush()
    return erasure


def advance(database: Database, storage: Storage, notifier: Notifier, erasure_id: str) -> Step:
    """Take the next step of an erasure.

    Raises:
        UnderLegalHold: A legal hold was placed meanwhile; it goes on when that is lifted.
        OSError: The storage refuses. Say it again.
    """
    with database.write() as session:
        erasure = repository.get_erasure(session, erasure_id, to_change=True)
        if erasure.ended_at is not None:
            return Step.DONE
        legalholds.must_be_free(session, repository.everything_of(erasure.person_id))
        if _still_running(session, notifier, erasure):
            return Step.WAITING
        if _remove_some(session, storage, erasure) or _empty_account(session, erasure):
            return Step.MORE
    with database.write() as session:
        index.forget_removed(session)
    scrub(database)
    with database.write() as session:
        return _end(session, repository.get_erasure(session, erasure_id, to_change=True))


def _still_running(session: Session, notifier: Notifier, erasure: Erasure) -> bool:
    """Cancel what waits or runs; return whether anything runs yet."""
    for row in generations_of.alive_of(session, erasure.person_id):
        if not row.cancel_requested and queue.cancel(session, row.id, ended_at=utc_now()):
            _tell(session, notifier, row)
            session.refresh(row)
            if row.state is State.CANCELED:
                generations.refund(session, row)
    for row in queue.expired(session):
        if row.owner_id == erasure.person_id:  # no studio is open that would do it
            queue.finish(session, Lease(row.id, row.fence), State.CANCELED, ended_at=utc_now())
            generations.refund(session, row)
    session.expire_all()
    return generations_of.count_alive(session, erasure.person_id) > 0


def _tell(session: Session, notifier: Notifier, row: Generation) -> None:
    """Write down that a generation was canceled; no webhook is told, since those go too."""
    this = row.id  # the row itself may be gone by then
    audit.record(session, actor_id=None, verb="generation.cancel", subject=f"generation:{this}")
    call_after_commit(session, lambda: events.say_cancel(notifier, this))


def _remove_some(session: Session, storage: Storage, erasure: Erasure) -> bool:
    """Remove a few rows of the first kind of which there are any; False if nothing is left."""
    for belonging in BELONGINGS:
        if ids := removal.some(session, belonging, belonging.of(erasure.person_id), AT_ONCE):
            _remove(session, storage, erasure, belonging, ids)
            return True
    return False


def _remove(
    session: Session, storage: Storage, erasure: Erasure, belonging: Belonging, ids: list[str]
) -> None:
    if belonging.files:
        files.keep_rows_out(session)
    removed = removal.remove(session, storage, belonging, ids)
    told = {belonging.name: len(ids), "files": removed.gone, "files_shared": removed.shared}
    _count(session, erasure, told)


def _empty_account(session: Session, erasure: Erasure) -> bool:
    """Blank the account and what else names its person; False if that was done."""
    person = repository.lock_person(session, erasure.person_id)
    if person.issuer == ERASED:
        return False
    notes = moderation.forget_notes(session, person.id) + invites.forget_notes(session, person.id)
    details = audit.erase_details_by(session, person.id)
    details += audit.erase_details_of(session, [f"person:{person.id}"])
    legal_holds.forget_reasons(session, repository.everything_of(person.id))
    person.sqlmodel_update(erased(person.id))
    session.add(person)
    _count(session, erasure, {"notes": notes, "audit_details": details, "accounts": 1})
    return True


def _end(session: Session, erasure: Erasure) -> Step:
    if erasure.ended_at is not None:
        return Step.DONE
    if any(repository.count(session, erasure.person_id).values()):
        return Step.MORE  # a request that had begun before they were shut out
    erasure.ended_at = utc_now()
    session.add(erasure)
    _record(session, None, "erased", erasure)
    return Step.DONE


def _count(session: Session, erasure: Erasure, told: dict[str, int]) -> None:
    so_far = erasure.removed
    more = {name: so_far.get(name, 0) + number for name, number in told.items() if number}
    erasure.removed = {**so_far, **more}  # another object, or the change would not be seen
    session.add(erasure)


def _record(session: Session, actor_id: str | None, verb: str, erasure: Erasure) -> None:
    audit.record(
        session,
        actor_id=actor_id,
        verb=f"person.{verb}",
        subject=f"person:{erasure.person_id}",
        detail={"erasure": erasure.id},
    )

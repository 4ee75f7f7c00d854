"""The verbs of a legal hold: place, lift, and refuse what one forbids. Each in its caller's transaction.

Whoever deletes something asks `must_be_free` in the same transaction. A legal hold that is placed meanwhile waits
until that has ended, so what was deleted was free at that moment.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, NotFound, UnderLegalHold
from backend.legalholds import repository
from backend.legalholds.models import LegalHold
from backend.legalholds.repository import Ids
from backend.legalholds.schemas import LegalHoldCreate, SubjectKind


def place(session: Session, actor_id: str | None, wanted: LegalHoldCreate) -> LegalHold:
    """Forbid to delete `wanted.subject` and what belongs to it. Several may stand on the same.

    Raises:
        NotFound: There is no such person, generation or image.
    """
    word, _, subject_id = wanted.subject.partition(":")
    kind = SubjectKind(word)
    if not repository.there_is(session, kind, subject_id):
        raise NotFound(f"There is no {kind} {subject_id!r}.")
    hold = LegalHold(kind=kind, subject_id=subject_id, reason=wanted.reason, placed_by=actor_id)
    session.add(hold)
    _record(session, actor_id, "place", hold)
    session.flush()
    return hold


def lift(session: Session, actor_id: str | None, hold_id: str) -> LegalHold:
    """End a legal hold; what another one stands on stays forbidden.

    Raises:
        NotFound: There is none.
        Conflict: It was lifted already.
    """
    hold = repository.get(session, hold_id)
    if hold.lifted_at is not None:
        raise Conflict(f"This legal hold was lifted already, on {hold.lifted_at:%Y-%m-%d}.")
    hold.lifted_at, hold.lifted_by = clock.utc_now(), actor_id
    session.add(hold)
    _record(session, actor_id, "lift", hold)
    session.flush()
    return hold


def must_be_free(session: Session, ids: Ids) -> None:
    """Return if none of `ids` is under a legal hold, which stays so until this transaction ends.

    Raises:
        UnderLegalHold: One is; it is named.
    """
    repository.keep_new_ones_out(session)
    if hold := repository.first_on(session, ids):
        raise refusal(hold)


def refusal(hold: LegalHold) -> UnderLegalHold:
    """Return the refusal that names `hold`; why it stands is for administrators."""
    return UnderLegalHold(
        f"Legal hold {hold.id} stands on {hold.subject} since {hold.placed_at:%Y-%m-%d}: nothing of it is "
        "deleted or handed on until an administrator lifts that."
    )


def _record(session: Session, actor_id: str | None, verb: str, hold: LegalHold) -> None:
    audit.record(
        session,
        actor_id=actor_id,
        verb=f"legal_hold.{verb}",
        subject=hold.subject,
        detail={"legal_hold": hold.id},
    )

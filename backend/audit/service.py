"""Writes down what was done, in the same transaction as the deed. There is no verb to change an entry.

Entries join the chain as the last thing that a transaction does: the end of the chain is one row that everybody
who writes something down must hold, so it is taken last and for a moment only, and nobody who holds it waits for
anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Select, event
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

from backend.audit import repository
from backend.audit.chain import START, Anchor, Break, Walk, hash_of, hash_of_detail, new_salt
from backend.audit.models import AuditDetail, AuditEntry
from backend.audit.schemas import AuditFilter, AuditRecord
from backend.kit.clock import utc_now
from backend.kit.database import call_before_commit

_PENDING: Final = "audit_pending"
_MOST_BREAKS: Final = 10


@dataclass(frozen=True)
class _Pending:
    """An entry that is still to join the chain, and the savepoint that it was recorded in."""

    entry: AuditEntry
    detail: AuditDetail
    inside: SessionTransaction | None


@dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found. `head` is its end, an anchor worth keeping."""

    entries: int
    erased: int
    head: Anchor
    breaks: list[Break] = field(default_factory=list)


def record(
    session: Session,
    *,
    actor_id: str | None,
    verb: str,
    subject: str,
    detail: dict[str, str] | None = None,
) -> None:
    """Add an entry: `actor_id` (None: the studio itself) did `verb` to `subject`.

    It is written when `session` is committed, and gone if that is rolled back.
    """
    if _PENDING not in session.info:
        session.info[_PENDING] = []
        call_before_commit(session, lambda: _write(session))
    salt, body = new_salt(), detail or {}
    entry = AuditEntry(
        seq=0,  # numbered when it joins the chain
        at=utc_now(),
        actor_id=actor_id,
        verb=verb,
        subject=subject,
        detail_hash=hash_of_detail(salt, body),
        hash="",
    )
    inside = session.get_nested_transaction()
    kept = AuditDetail(seq=0, salt=salt, body=body)
    session.info[_PENDING].append(_Pending(entry, kept, inside))


def verify(session: Session, anchors: Iterable[Anchor] = ()) -> Iterator[Verdict]:
    """Walk along the chain and yield how it stands after every thousand entries, and at its end.

    Nothing is raised for a break: the walk goes on and names the first ten.
    """
    return _along(session, Walk(anchors), *repository.last(session))


def verify_end(session: Session, *, most: int) -> Verdict:
    """Walk along the last `most` entries only, believing the hash of the one before them."""
    head, highest = repository.last(session)
    before = repository.get(session, head.seq - most) if head.seq > most else None
    start = Anchor(before.seq, before.hash) if before else START
    *_, verdict = _along(session, Walk(start=start), head, highest)
    return verdict


def head(session: Session) -> Anchor:
    """Return the end of the chain, an anchor worth keeping."""
    return repository.last(session)[0]


def find(
    session: Session, wanted: AuditFilter, *, before: int | None = None, limit: int
) -> list[AuditRecord]:
    """Return up to `limit` entries, newest first, those before entry `before` if that is given."""
    return [_shown(*pair) for pair in repository.find(session, wanted, before=before, limit=limit)]


def concerning(
    session: Session, person_id: str, subjects: Select[str], before: int | None, *, limit: int
) -> list[AuditRecord]:
    """Return up to `limit` entries that person wrote or that are about `subjects`, newest first."""
    found = repository.concerning(session, person_id, subjects, before=before, limit=limit)
    return [_shown(*pair) for pair in found]


def erase_details_of(session: Session, subjects: Collection[str]) -> int:
    """Erase what stands beside the entries about any of `subjects`, for good; return how many had something.

    The entries stay, and so does the chain.
    """
    return repository.erase_details_of(session, subjects)


def erase_details_by(session: Session, actor_id: str) -> int:
    """Erase what stands beside the entries of everything that this person did."""
    return repository.erase_details_by(session, actor_id)


def _shown(entry: AuditEntry, detail: AuditDetail | None) -> AuditRecord:
    return AuditRecord(**entry.model_dump(), detail=detail.body if detail else None)


def _along(session: Session, walk: Walk, head: Anchor, highest: int) -> Iterator[Verdict]:
    entries, erased = 0, 0
    breaks: list[Break] = []
    for batch in repository.batches(session, up_to=head.seq, after=walk.at.seq):
        for entry, detail in batch:
            found = walk.step(entry, detail)
            if found and len(breaks) < _MOST_BREAKS:
                breaks.append(found)
            entries += 1
            erased += detail is not None and detail.body is None
        yield Verdict(entries, erased, walk.at, list(breaks))
    found = walk.arrive(head, highest)
    if found and len(breaks) < _MOST_BREAKS:
        breaks.append(found)
    yield Verdict(entries, erased, walk.at, breaks)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, ended: SessionTransaction) -> None:
    """Drop what was recorded inside a savepoint that was rolled back."""
    pending: list[_Pending] = session.info.get(_PENDING, [])
    pending[:] = [one for one in pending if one.inside is not ended]


def _write(session: Session) -> None:
    """Number and chain what is pending, behind the end of the chain."""
    pending: list[_Pending] = session.info.pop(_PENDING)
    if not pending:
        return
    session.flush()  # what else is to be written takes its locks before the end of the chain
    head = repository.hold_head(session)
    for one in pending:
        head.seq += 1
        one.entry.seq = one.detail.seq = head.seq
        one.entry.hash = head.hash = hash_of(one.entry, head.hash)
    session.add_all(one.entry for one in pending)
    session.flush()
    session.add_all(one.detail for one in pending)

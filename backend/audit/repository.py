"""Reads and writes the audit tables. Who may read them is asked before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import ColumnElement, Select
from sqlmodel import Session, col, func, select, update
from sqlmodel.sql.expression import SelectOfScalar

from backend.audit.chain import Anchor
from backend.audit.models import HEAD_ID, AuditDetail, AuditEntry, AuditHead
from backend.audit.schemas import AuditFilter

Pair = tuple[AuditEntry, AuditDetail | None]
BATCH: Final = 1000


def last(session: Session) -> tuple[Anchor, int]:
    """Return the end of the chain, and the highest number of an entry, as of the same moment."""
    highest = select(func.max(AuditEntry.seq)).scalar_subquery()
    seq, digest, number = session.exec(select(AuditHead.seq, AuditHead.hash, highest)).one()
    return Anchor(seq, digest), number or 0


def hold_head(session: Session) -> AuditHead:
    """Return the end of the chain; until the transaction ends, nobody else adds to it."""
    held = select(AuditHead).where(AuditHead.id == HEAD_ID).with_for_update()
    return session.exec(held.execution_options(populate_existing=True)).one()


def get(session: Session, seq: int) -> AuditEntry | None:
    """Return the entry of that number."""
    return session.get(AuditEntry, seq)


def batches(session: Session, *, up_to: int, after: int = 0) -> Iterator[Sequence[Pair]]:
    """Yield the entries after one and up to another in the order of the chain, a thousand at a time."""
    last = after
    while True:
        both = _both().where(col(AuditEntry.seq) > last, col(AuditEntry.seq) <= up_to)
        found = session.exec(both.order_by(col(AuditEntry.seq)).limit(BATCH)).all()
        if not found:
            return
        yield found
        last = found[-1][0].seq
        session.expunge_all()


def find(
    session: Session, wanted: AuditFilter, *, before: int | None = None, limit: int
) -> Sequence[Pair]:
    """Return up to `limit` entries, newest first, those before entry `before` if that is given."""
    both = _both().where(*_conditions(wanted))
    if before is not None:
        both = both.where(col(AuditEntry.seq) < before)
    return session.exec(both.order_by(col(AuditEntry.seq).desc()).limit(limit)).all()


def concerning(
    session: Session, person_id: str, subjects: Select[str], *, before: int | None, limit: int
) -> Sequence[Pair]:
    """Return up to `limit` entries of what that person did, or what was done to `subjects`, newest first."""
    theirs = (col(AuditEntry.actor_id) == person_id) | col(AuditEntry.subject).in_(subjects)
    both = _both().where(theirs)
    if before is not None:
        both = both.where(col(AuditEntry.seq) < before)
    return session.exec(both.order_by(col(AuditEntry.seq).desc()).limit(limit)).all()


def erase_details_of(session: Session, subjects: Collection[str]) -> int:
    """Take salt and body from the details about any of `subjects`; return from how many."""
    return _erase(session, col(AuditEntry.subject).in_(subjects))


def erase_details_by(session: Session, actor_id: str) -> int:
    """Take salt and body from the details of what that person did; return from how many."""
    return _erase(session, col(AuditEntry.actor_id) == actor_id)


def erase_details_before(session: Session, moment: datetime, limit: int) -> int:
    """Take salt and body from at most `limit` details of entries before `moment`; return from how many."""
    old = select(AuditEntry.seq).join(AuditDetail).where(_older(moment))
    return _erase(session, col(AuditEntry.seq).in_(old.order_by(col(AuditEntry.seq)).limit(limit)))


def count_details_before(session: Session, moment: datetime) -> tuple[int, datetime | None]:
    """Return how many details of entries before `moment` are not erased, and when the oldest was written."""
    both = select(func.count(), func.min(AuditEntry.at)).select_from(AuditEntry).join(AuditDetail)
    return session.exec(both.where(_older(moment))).one()


def _older(moment: datetime) -> ColumnElement[bool]:
    return (col(AuditEntry.at) < moment) & col(AuditDetail.salt).is_not(None)


def _erase(session: Session, which: ColumnElement[bool]) -> int:
    about = col(AuditDetail.seq).in_(select(AuditEntry.seq).where(which))
    kept = about & col(AuditDetail.salt).is_not(None)
    done = session.exec(update(AuditDetail).where(kept).values(salt=None, body=None))
    return done.rowcount


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    verb = col(AuditEntry.verb)
    if wanted.verb:
        family = wanted.verb.endswith(".")
        yield verb.startswith(wanted.verb, autoescape=True) if family else verb == wanted.verb
    if wanted.actor_id:
        yield col(AuditEntry.actor_id) == wanted.actor_id
    if wanted.subject:
        yield col(AuditEntry.subject) == wanted.subject
    if wanted.since:
        yield col(AuditEntry.at) >= wanted.since
    if wanted.until:
        yield col(AuditEntry.at) < wanted.until


def _both() -> SelectOfScalar[Pair]:
    beside = col(AuditDetail.seq) == col(AuditEntry.seq)
    both = select(AuditEntry, AuditDetail).join(AuditDetail, beside, isouter=True)
    return cast("SelectOfScalar[Pair]", both)

"""The only door to approvals."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from backend.approvals.models import Approval
from backend.kit.among import among


def standing(session: Session, what: str, subject: str) -> Approval | None:
    """Return what was asked for and has not ended, also where its time is over; locked until the transaction ends."""
    query = select_rows(Approval).where(
        Approval.what == what, Approval.subject == subject, col(Approval.outcome).is_(None)
    )
    return session.exec(query.with_for_update()).one_or_none()


def get(session: Session, approval_id: str) -> Approval | None:
    """Return one, locked until the transaction ends."""
    return session.get(Approval, approval_id, with_for_update=True)


def on_subjects(
    session: Session, subjects: Collection[str], *, now: datetime
) -> dict[str, Approval]:
    """Return what waits for a second person on any of `subjects`, by subject."""
    query = select_rows(Approval).where(
        col(Approval.outcome).is_(None),
        col(Approval.expires_at) > now,
        among(col(Approval.subject), subjects),
    )
    return {row.subject: row for row in session.exec(query)}


def subjects_waiting(*, now: datetime) -> Select[str]:
    """Select, to be used inside a statement, the subjects on which anything waits for a second person."""
    return select(col(Approval.subject)).where(
        col(Approval.outcome).is_(None), col(Approval.expires_at) > now
    )


def forget_notes(session: Session, person_id: str) -> int:
    """Blank what that person wrote beside what they asked for; return how many notes those were."""
    mine = (col(Approval.asked_by) == person_id) & col(Approval.note).is_not(None)
    return session.exec(update(Approval).where(mine).values(note=None)).rowcount

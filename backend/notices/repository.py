"""The only door to the notice. What holds and what is over is told by the database's own clock."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, or_
from sqlmodel import Session, col, select

from backend.kit.database import database_time, insert_into, lock_tables
from backend.notices.models import Notice
from backend.notices.schemas import NoticeKind


def current(session: Session) -> Notice | None:
    """Return the notice unless it is over."""
    return session.exec(select(Notice).where(_not_over(session))).one_or_none()


def maintenance(session: Session) -> Notice | None:
    """Return the notice if it says that maintenance has begun and is not over."""
    begun = col(Notice.starts_at) <= database_time(session)
    named = select(Notice).where(Notice.kind == NoticeKind.MAINTENANCE, begun, _not_over(session))
    return session.exec(named).one_or_none()


def keep_new_ones_out(session: Session) -> None:
    """Have whoever posts a notice wait until this writing transaction ends."""
    lock_tables(session, Notice)


def put(session: Session, notice: Notice) -> None:
    """Have `notice` be the one, in place of any other."""
    values = notice.model_dump()
    added = insert_into(session, Notice).values(**values)
    session.execute(added.on_conflict_do_update(index_elements=["id"], set_=values))


def remove(session: Session) -> bool:
    """Remove the notice; False if there was none, or only one that is over."""
    was_shown = current(session) is not None
    session.execute(delete(Notice))
    return was_shown


def _not_over(session: Session) -> ColumnElement[bool]:
    return or_(col(Notice.ends_at).is_(None), col(Notice.ends_at) > database_time(session))

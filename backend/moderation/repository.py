"""The door to flags: reviewers read all of them, nobody else any."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from backend.accounts.models import User
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.errors import NotFound
from backend.kit.pagination import cut, decode_cursor
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import FlagFilter, FlagState

_Reviewer = aliased(User, name="reviewer")


@dataclass(frozen=True)
class Case:
    """A flag with everything a reviewer reads about it."""

    flag: Flag
    image: Image
    check: SafetyCheck
    owner: User
    reviewer: User | None


def page(
    session: Session, which: FlagFilter, *, cursor: str | None, limit: int
) -> tuple[list[Case], str | None]:
    """Return some cases and the next page's cursor: open ones oldest first, decided newest first."""
    number = col(Flag.id)
    query = _cases()
    if which is FlagFilter.OPEN:
        query = query.where(col(Flag.state) == FlagState.OPEN).order_by(number)
    else:
        query = query.where(col(Flag.state) != FlagState.OPEN).order_by(number.desc())
    if cursor is not None:
        last = decode_cursor(cursor)
        query = query.where(number > last if which is FlagFilter.OPEN else number < last)
    found = [Case(*row) for row in session.execute(query.limit(limit + 1))]
    return cut(found, limit, lambda case: case.flag.id)


def get(session: Session, flag_id: str, *, to_decide: bool = False) -> Case:
    """Return one case; `to_decide` keeps other reviewers waiting until this transaction ends.

    Raises:
        NotFound: There is none.
    """
    query = _cases().where(col(Flag.id) == flag_id)
    if to_decide:
        query = query.with_for_update(of=(Flag, Image))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no flag {flag_id!r}.")
    return Case(*row)


def forget_notes(session: Session, reviewer_id: str, *, reason: str) -> int:
    """Blank the notes of that reviewer, and give rejected images `reason` for what quoted one."""
    noted = (col(Flag.decided_by) == reviewer_id) & col(Flag.note).is_not(None)
    about = select(col(Flag.image_id)).where(noted)
    rejected = (col(Image.id).in_(about)) & (col(Image.moderation) == Moderation.REJECTED)
    session.execute(update(Image).where(rejected).values(reason=reason))
    done = session.exec(update(Flag).where(noted).values(note=None))
    return done.rowcount


def _cases() -> Select[Flag, Image, SafetyCheck, User, User]:
    return (
        select(Flag, Image, SafetyCheck, User, _Reviewer)
        .join(Image, col(Image.id) == col(Flag.image_id))
        .join(SafetyCheck, col(SafetyCheck.image_id) == col(Image.id))
        .join(User, col(User.id) == col(Image.owner_id))
        .outerjoin(_Reviewer, col(_Reviewer.id) == col(Flag.decided_by))
    )

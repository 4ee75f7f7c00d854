"""The door to flags: reviewers read all of them, nobody else any."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, literal, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col
from sqlmodel import select as sqlmodel_select

from backend.accounts.models import User
from backend.approvals import repository as approvals
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.errors import NotFound
from backend.kit.pagination import cut, decode_cursor, not_ours
from backend.moderation.models import Appeal, Flag, ImageDecision, SafetyCheck
from backend.moderation.schemas import FlagFilter, FlagOrigin, FlagQuery, FlagState
from backend.policies.schemas import Severity

_Reviewer = aliased(User, name="reviewer")
_Claimant = aliased(User, name="claimant")
SUBJECT: Final = "image:"
ESCALATED: Final = len(Severity)
_ID_LENGTH: Final = 26


@dataclass(frozen=True)
class Case:
    """A flag with everything a reviewer reads about it."""

    flag: Flag
    image: Image
    check: SafetyCheck
    owner: User
    reviewer: User | None
    claimant: User | None
    appeal: Appeal | None

    @property
    def appealed(self) -> Appeal | None:
        """What the author wrote, while nobody has answered it."""
        return self.appeal if self.appeal and self.appeal.answered_at is None else None


def rank() -> ColumnElement[int]:
    """Return how soon a flag is looked at, 0 for the mildest; what was handed to administrators comes before all.

    What has no severity is moderate.
    """
    ranks = {one.value: one.rank for one in Severity}
    bad = case(ranks, value=col(Flag.severity), else_=Severity.MODERATE.rank)
    return case((col(Flag.escalated_at).is_not(None), ESCALATED), else_=bad)


def page(
    session: Session, wanted: FlagQuery, *, cursor: str | None, limit: int
) -> tuple[list[Case], str | None]:
    """Return some cases and the next page's cursor: the worst first and of these the oldest; decided ones newest first."""
    number = col(Flag.id)
    query = _cases().where(*_conditions(wanted))
    if wanted.state is FlagFilter.DECIDED:
        query = query.order_by(number.desc())
    else:
        query = query.order_by(rank().desc(), number)
    if cursor is not None:
        query = query.where(_after(cursor, newest_first=wanted.state is FlagFilter.DECIDED))
    found = [Case(*row) for row in session.execute(query.limit(limit + 1))]
    return cut(found, limit, _place_of)


def get(session: Session, flag_id: str, *, to_decide: bool = False) -> Case:
    """Return one case; `to_decide` keeps other reviewers waiting until this transaction ends.

    Raises:
        NotFound: There is none.
    """
    if to_decide:
        _hold(session, flag_id)
    row = session.execute(_cases().where(col(Flag.id) == flag_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no flag {flag_id!r}.")
    return Case(*row)


def flag_of(session: Session, image_id: str) -> Flag | None:
    """Return the flag of an image, if it ever had one."""
    return session.exec(sqlmodel_select(Flag).where(Flag.image_id == image_id)).one_or_none()


def taken_down_before(session: Session, image: Image) -> Flag | None:
    """Return the flag of a taken down image that is drawn by the very settings of `image`; not where it was restored."""
    if image.result_key is None:
        return None
    same = (
        sqlmodel_select(Flag)
        .join(Image, col(Image.id) == col(Flag.image_id))
        .where(
            Image.result_key == image.result_key,
            Image.id != image.id,
            Flag.origin == FlagOrigin.TAKEDOWN,
            Flag.state != FlagState.RELEASED,
        )
    )
    return session.exec(same.limit(1)).first()


def of_image(session: Session, image_id: str, *, to_change: bool = False) -> Case | None:
    """Return the case of an image, if it has one."""
    flag_id = session.execute(select(col(Flag.id)).where(col(Flag.image_id) == image_id)).scalar()
    return get(session, flag_id, to_decide=to_change) if flag_id else None


def decisions(session: Session, image_id: str) -> list[ImageDecision]:
    """Return what was done about an image, oldest first."""
    query = select(ImageDecision).where(col(ImageDecision.image_id) == image_id)
    return list(session.execute(query.order_by(col(ImageDecision.id))).scalars())


def names(session: Session, people: Collection[str]) -> dict[str, str]:
    """Return the names of people, by id."""
    query = select(col(User.id), col(User.name)).where(col(User.id).in_(people))
    return {row.id: row.name for row in session.execute(query)}


def forget_notes(session: Session, reviewer_id: str, *, reason: str) -> int:
    """Blank the notes of that reviewer, and give rejected images `reason` for what quoted one."""
    noted = (col(Flag.decided_by) == reviewer_id) & col(Flag.note).is_not(None)
    about = select(col(Flag.image_id)).where(noted)
    rejected = (col(Image.id).in_(about)) & (col(Image.moderation) == Moderation.REJECTED)
    session.execute(update(Image).where(rejected).values(reason=reason))
    done = session.exec(update(Flag).where(noted).values(note=None))
    handed = col(Flag.escalated_by) == reviewer_id
    session.execute(update(Flag).where(handed).values(escalation=None))
    theirs = (col(ImageDecision.by) == reviewer_id) & col(ImageDecision.note).is_not(None)
    session.execute(update(ImageDecision).where(theirs).values(note=None))
    return done.rowcount + approvals.forget_notes(session, reviewer_id)


def is_open(which: FlagFilter) -> ColumnElement[bool]:
    """Return the condition on flags that they are on that list."""
    appealed = select(col(Appeal.image_id)).where(col(Appeal.answered_at).is_(None))
    asked = approvals.subjects_waiting(now=utc_now())
    second = (literal(SUBJECT) + col(Flag.image_id)).in_(asked)
    opened = col(Flag.state) == FlagState.OPEN
    return {
        FlagFilter.OPEN: opened,
        FlagFilter.APPEALS: opened & col(Flag.image_id).in_(appealed),
        FlagFilter.SECOND: second,
        FlagFilter.DECIDED: ~opened,
    }[which]


def _conditions(wanted: FlagQuery) -> list[ColumnElement[bool]]:
    asked: list[tuple[Any, Any]] = [
        (Flag.category, wanted.category),
        (Flag.severity, wanted.severity),
        (Flag.origin, wanted.origin),
    ]
    return [
        is_open(wanted.state),
        *(col(column) == value for column, value in asked if value is not None),
    ]


def _after(cursor: str, *, newest_first: bool) -> ColumnElement[bool]:
    """Return the condition of what follows the case at `cursor`: its rank, then its id."""
    place = decode_cursor(cursor)
    worst, last = place[:1], place[1:]
    if worst not in {str(one) for one in range(ESCALATED + 1)} or len(last) > _ID_LENGTH:
        raise not_ours()
    if newest_first:
        return col(Flag.id) < last
    return (rank() < int(worst)) | ((rank() == int(worst)) & (col(Flag.id) > last))


def _place_of(case: Case) -> str:
    bad = (case.flag.severity or Severity.MODERATE).rank
    return f"{ESCALATED if case.flag.escalated_at else bad}{case.flag.id}"


def _hold(session: Session, flag_id: str) -> None:
    # By itself, before the case is read: what is read after a wait is then as it is now, also what hangs on it.
    rows = select(col(Flag.id)).join(Image, col(Image.id) == col(Flag.image_id))
    session.execute(rows.where(col(Flag.id) == flag_id).with_for_update(of=(Flag, Image)))


def _cases() -> Select[Flag, Image, SafetyCheck, User, User, User, Appeal]:
    return (
        select(Flag, Image, SafetyCheck, User, _Reviewer, _Claimant, Appeal)
        .join(Image, col(Image.id) == col(Flag.image_id))
        .join(SafetyCheck, col(SafetyCheck.image_id) == col(Image.id))
        .join(User, col(User.id) == col(Image.owner_id))
        .outerjoin(_Reviewer, col(_Reviewer.id) == col(Flag.decided_by))
        .outerjoin(_Claimant, col(_Claimant.id) == col(Flag.claimed_by))
        .outerjoin(Appeal, col(Appeal.image_id) == col(Image.id))
        .execution_options(populate_existing=True)
    )

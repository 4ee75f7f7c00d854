"""The one door to the rows of invites. Decides nothing but which invites still hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlmodel import Session, col, select

from backend.accounts.invites.models import Invite
from backend.accounts.models import RolePermission, Standing, User
from backend.accounts.permissions import ADMINISTER
from backend.kit.errors import NotFound
from backend.kit.pagination import USUAL_PAGE, fetch_page


def get(session: Session, invite_id: str) -> Invite:
    """Return an invite, locked until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    rows = select(Invite).where(Invite.id == invite_id).with_for_update()
    found = session.exec(rows, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        raise NotFound("there is no such invite")
    return found


def holds(session: Session, token_hash: str, now: datetime) -> bool:
    """Return whether the invite of that token would still let somebody in."""
    return session.exec(select(Invite.id).where(_open(token_hash, now))).one_or_none() is not None


def use(session: Session, token_hash: str, user_id: str, now: datetime) -> Invite | None:
    """Mark the invite as used by that person, if it is open; of two who try at once, one gets it."""
    marked = (
        update(Invite)
        .where(_open(token_hash, now))
        .values(used_at=now, used_by=user_id)
        .returning(Invite)
    )
    return session.scalar(marked, execution_options={"populate_existing": True})


def forget_notes(session: Session, person_id: str) -> int:
    """Blank the notes on invites that this person made or came in by; return how many."""
    theirs = or_(col(Invite.created_by) == person_id, col(Invite.used_by) == person_id)
    blanked = update(Invite).where(theirs, col(Invite.note) != "").values(note="")
    return session.exec(blanked).rowcount


def move_team(session: Session, team_id: str, into: str | None) -> None:
    """Have invites into one team lead into another, or into none."""
    session.execute(update(Invite).where(col(Invite.team_id) == team_id).values(team_id=into))


def forget_role(session: Session, role: str, now: datetime) -> bool:
    """Forget that invites gave `role`; False, and nothing forgotten, while one that is open gives it."""
    giving = col(Invite.role) == role
    still_open = giving & _unused(now)
    if session.exec(select(Invite.id).where(still_open).limit(1)).first() is not None:
        return False
    session.execute(update(Invite).where(giving).values(role=None))
    return True


def page(
    session: Session, *, cursor: str | None, limit: int = USUAL_PAGE
) -> tuple[list[Invite], str | None]:
    """Return a page of invites, newest first, and the next page's cursor."""
    return fetch_page(session, select(Invite), Invite.id, cursor=cursor, limit=limit)


def _open(token_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Invite.token_hash) == token_hash,
        _unused(now),
        or_(col(Invite.created_by).is_(None), _maker_administers()),
    )


def _unused(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Invite.used_at).is_(None),
        col(Invite.revoked_at).is_(None),
        col(Invite.expires_at) > now,
    )


def _maker_administers() -> ColumnElement[bool]:
    """Whoever was shut out, or administers no more, has no door left behind them."""
    return exists().where(
        col(User.id) == col(Invite.created_by),
        col(User.standing) == Standing.ACTIVE,
        col(RolePermission.role) == col(User.role),
        col(RolePermission.permission) == ADMINISTER,
    )

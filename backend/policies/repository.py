"""The one door to policy versions and their moves. Decides nothing."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.accounts.models import RolePermission, Standing, User
from backend.accounts.permissions import ADMINISTER
from backend.kit.database import lock_tables
from backend.kit.errors import NotFound
from backend.kit.pagination import cut, decode_cursor
from backend.policies.models import Policy, PolicyMove
from backend.policies.states import PolicyState


def active_name(session: Session) -> tuple[int, str]:
    """Return number and digest of the active version."""
    names = select(Policy.number, Policy.digest).where(Policy.state == PolicyState.ACTIVE)
    number, digest = session.exec(names).one()
    return number, digest


def digest_of(session: Session, number: int) -> str | None:
    """Return the digest of a version; None: there is none of that number."""
    return session.exec(select(Policy.digest).where(Policy.number == number)).one_or_none()


def get(session: Session, number: int) -> Policy:
    """Return one version.

    Raises:
        NotFound: There is none of that number.
    """
    row = session.get(Policy, number)
    if row is None:
        raise NotFound(f"There is no policy version {number}.")
    return row


def locked(session: Session) -> None:
    """Have whoever else changes a version wait until this transaction ends; judging goes on."""
    lock_tables(session, Policy, mode="SHARE ROW EXCLUSIVE")


def page(session: Session, *, cursor: str | None, limit: int) -> tuple[list[Policy], str | None]:
    """Return some versions, newest first, and the next page's cursor."""
    query = select(Policy).order_by(col(Policy.number).desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(col(Policy.number) < _number(decode_cursor(cursor)))
    return cut(list(session.exec(query)), limit, lambda row: str(row.number))


def next_number(session: Session) -> int:
    """Return a number that no version has or had."""
    latest = session.exec(select(func.max(PolicyMove.number))).one()
    return (latest or 0) + 1


def moves_of(session: Session, number: int, *, limit: int) -> list[PolicyMove]:
    """Return the latest moves of a version, newest first."""
    rows = select(PolicyMove).where(PolicyMove.number == number)
    return list(session.exec(rows.order_by(col(PolicyMove.id).desc()).limit(limit)))


def before(session: Session, number: int) -> int | None:
    """Return the version that was active before `number` last became so."""
    came = select(PolicyMove.replaced).where(
        PolicyMove.number == number, PolicyMove.after == PolicyState.ACTIVE
    )
    return session.exec(came.order_by(col(PolicyMove.id).desc()).limit(1)).one_or_none()


def count_administrators(session: Session) -> int:
    """Return how many people may administer now."""
    people = (
        select(func.count(func.distinct(User.id)))
        .join(RolePermission, col(RolePermission.role) == col(User.role))
        .where(RolePermission.permission == ADMINISTER, User.standing == Standing.ACTIVE)
    )
    return session.exec(people).one()


def _number(cursor: str) -> int:
    return int(cursor) if cursor.isdecimal() else 0

"""The administrator's door to everybody's accounts, to teams and to roles. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, SQLModel, col, delete, select

from backend.accounts.models import Role, RoleModel, RolePermission, Standing, Team, User
from backend.accounts.permissions import ADMINISTER
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.leaving.belongings import ERASED
from backend.people.schemas import PeopleFilter


def hold_roles(session: Session) -> None:
    """Keep whoever else would change who may do what waiting until this transaction ends.

    Sign-ins, which only refer to roles, do not wait.
    """
    held = select(Role.name).order_by(Role.name).with_for_update(key_share=True)
    session.exec(held).all()


def page(
    session: Session, wanted: PeopleFilter, *, cursor: str | None, limit: int
) -> tuple[list[User], str | None]:
    """Return a page of people, newest first, and the next cursor."""
    rows = select(User).where(*_conditions(wanted))
    return fetch_page(session, rows, User.id, cursor=cursor, limit=limit)


def get(session: Session, person_id: str, *, to_change: bool = False) -> User:
    """Return anybody; to be changed, nobody else changes them until this transaction ends.

    Raises:
        NotFound: There is nobody of that id.
    """
    query = select(User).where(User.id == person_id)
    if to_change:
        # Not FOR UPDATE, which would keep everything waiting that refers to them.
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no person {person_id!r}.")
    return found


def count_administrators(session: Session) -> int:
    """Return how many people may come in and administer."""
    granted = select(RolePermission.role).where(RolePermission.permission == ADMINISTER)
    able = select(func.count()).select_from(User)
    able = able.where(col(User.role).in_(granted), col(User.standing) == Standing.ACTIVE)
    return session.exec(able).one()


def teams(session: Session) -> list[tuple[Team, int]]:
    """Return every team by name, with how many are in it."""
    counted = (
        select(Team, func.count(col(User.id)))
        .outerjoin(User, col(User.team_id) == col(Team.id))
        .group_by(*_columns(Team))
        .order_by(func.lower(Team.name), col(Team.id))
    )
    return [(team, number) for team, number in session.exec(counted)]


def get_team(session: Session, team_id: str) -> Team:
    """Return a team, locked until the transaction ends where it writes.

    Raises:
        NotFound: There is none of that id.
    """
    held = select(Team).where(Team.id == team_id).with_for_update()
    found = session.exec(held).one_or_none()
    if found is None:
        raise NotFound(f"There is no team {team_id!r}.")
    return found


def team_called(session: Session, name: str) -> Team | None:
    """Return the team of that name, whatever the case of its letters.

    Compared here: each database, and each locale of PostgreSQL, knows the cases of other letters.
    """
    folded = name.casefold()
    return next(
        (team for team in session.exec(select(Team)) if team.name.casefold() == folded), None
    )


def count_teams(session: Session) -> int:
    """Return how many teams there are."""
    return session.exec(select(func.count()).select_from(Team)).one()


def count_members(session: Session, team_id: str) -> int:
    """Return how many are in a team."""
    return session.exec(select(func.count()).where(User.team_id == team_id)).one()


def members(session: Session, team_id: str) -> list[User]:
    """Return who is in a team, locked until the transaction ends."""
    held = select(User).where(User.team_id == team_id).order_by(col(User.id))
    return list(session.exec(held.with_for_update(key_share=True)))


def roles(session: Session) -> list[Role]:
    """Return every role, the highest rank first."""
    return list(session.exec(select(Role).order_by(col(Role.rank).desc(), col(Role.name))))


def find_role(session: Session, name: str) -> Role | None:
    """Return the role of that name."""
    return session.exec(select(Role).where(Role.name == name)).one_or_none()


def people_by_role(session: Session) -> dict[str, int]:
    """Return how many people have each role; a role that nobody has is left out."""
    counted = select(User.role, func.count()).group_by(User.role)
    return {role: number for role, number in session.exec(counted)}  # noqa: C416 - typed rows


def holds_somebody(session: Session, role: str) -> bool:
    """Return whether anybody has `role`, or had it pinned."""
    whoever = (
        select(User.id).where(or_(col(User.role) == role, col(User.pinned_role) == role)).limit(1)
    )
    return session.exec(whoever).first() is not None


def models_by_role(session: Session) -> dict[str, set[str]]:
    """Return the only models of each role; a role that may draw with every model is left out."""
    found: dict[str, set[str]] = {}
    for row in session.exec(select(RoleModel)):
        found.setdefault(row.role, set()).add(row.model)
    return found


def replace_grants(session: Session, role: str, permissions: Iterable[str]) -> None:
    """Let `role` have these permissions and no other."""
    session.exec(delete(RolePermission).where(col(RolePermission.role) == role))
    session.add_all(RolePermission(role=role, permission=one) for one in sorted(set(permissions)))


def replace_models(session: Session, role: str, models: Iterable[str]) -> None:
    """Let `role` draw with these models and no other; none means every model."""
    session.exec(delete(RoleModel).where(col(RoleModel.role) == role))
    session.add_all(RoleModel(role=role, model=one) for one in sorted(set(models)))


def delete_role(session: Session, role: Role) -> None:
    """Remove a role and its rows."""
    replace_grants(session, role.name, ())
    replace_models(session, role.name, ())
    session.delete(role)
    session.flush()


def _conditions(wanted: PeopleFilter) -> Iterable[ColumnElement[bool]]:
    yield col(User.issuer) != ERASED  # what is left of them is nobody to look after
    if wanted.role:
        yield col(User.role) == wanted.role
    if wanted.team_id:
        yield col(User.team_id) == wanted.team_id
    if wanted.standing:
        yield col(User.standing) == wanted.standing
    if wanted.q:
        texts = (col(User.name), col(User.email))
        yield or_(*(text.icontains(wanted.q, autoescape=True) for text in texts))


def _columns(table: type[SQLModel]) -> Any:  # noqa: ANN401
    return table.__table__.columns  # type: ignore[attr-defined]

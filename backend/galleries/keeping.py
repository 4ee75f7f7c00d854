"""What people keep for themselves, their team or everybody, as presets and recipes: who uses it, and who changes it.

Such a table has `owner_id`, `visibility` and `team_id`. Galleries have members as well, and rules of their own (`roles`).
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.accounts.permissions import ADMINISTER
from backend.galleries.schemas import Visibility
from backend.kit.database import is_sqlite
from backend.kit.errors import FieldProblem, Unprocessable


class Kept(Protocol):
    """A row of such a table."""

    owner_id: str
    visibility: Visibility


def visible_to(actor: Actor, table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table of such rows
    """Return the condition that `actor` may use a row: their own, their team's, everyone's."""
    teams = (col(table.visibility) == Visibility.TEAM) & (col(table.team_id) == actor.team_id)
    everyones = col(table.visibility) == Visibility.EVERYONE
    return or_(col(table.owner_id) == actor.id, teams, everyones)


def may_change(row: Kept, actor: Actor) -> bool:
    """Whether `actor` may change or delete it: their own and, of those who administer, everyone's."""
    everyones = row.visibility is Visibility.EVERYONE
    return row.owner_id == actor.id or (everyones and actor.may(ADMINISTER))


def team_for(actor: Actor, visibility: Visibility) -> str | None:
    """Return the team with which what `actor` keeps is shared.

    Raises:
        Forbidden: It is to be everyone's, which is for those who administer.
        Unprocessable: It is to be their team's, and they are in none.
    """
    if visibility is Visibility.EVERYONE:
        actor.must(ADMINISTER)
    if visibility is not Visibility.TEAM:
        return None
    if actor.team_id is None:
        message = "cannot be team: you are in no team; the nearest good value is private"
        problem = FieldProblem(
            field="visibility", message=message, limit="private", nearest=Visibility.PRIVATE.value
        )
        raise Unprocessable(f"visibility {message}", fields=[problem])
    return actor.team_id


def lock_owner(session: Session, owner_id: str) -> None:
    """Have whoever adds one for the same person wait until this transaction ends."""
    if not is_sqlite(session):  # a writing transaction there is alone already
        person = select(User.id).where(User.id == owner_id)
        session.exec(person.with_for_update(key_share=True)).one()


def move_team(session: Session, table: Any, team_id: str, into: str | None) -> None:  # noqa: ANN401
    """Give what one team shares to another; to none, and it is its owners' alone."""
    gone = {} if into else {"visibility": Visibility.PRIVATE}
    theirs = update(table).where(col(table.team_id) == team_id)
    session.execute(theirs.values(team_id=into, **gone))

"""The only door to preset rows. What is not for you and what is not there look the same."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.galleries.schemas import Visibility
from backend.kit.database import is_sqlite
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.presets.models import Preset


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that `actor` may use a preset: their own, their team's, everyone's."""
    teams = (col(Preset.visibility) == Visibility.TEAM) & (col(Preset.team_id) == actor.team_id)
    return or_(
        col(Preset.owner_id) == actor.id, teams, col(Preset.visibility) == Visibility.EVERYONE
    )


def page(
    session: Session, actor: Actor, *, search: str, cursor: str | None, limit: int
) -> tuple[list[Preset], str | None]:
    """Return some of the presets that `actor` may use whose name has `search` in it, newest first."""
    rows = select(Preset).where(visible_to(actor))
    if search:
        rows = rows.where(func.lower(Preset.name).contains(search.lower(), autoescape=True))
    return fetch_page(session, rows, Preset.id, cursor=cursor, limit=limit)


def get(session: Session, actor: Actor, preset_id: str) -> Preset:
    """Return a preset that `actor` may use, locked until the transaction ends.

    Raises:
        NotFound: There is none, or it is not for them.
    """
    rows = select(Preset).where(visible_to(actor), Preset.id == preset_id).with_for_update()
    found = session.exec(rows).one_or_none()
    if found is None:
        raise NotFound(f"There is no preset {preset_id!r} that you can use.")
    return found


def lock_owner(session: Session, owner_id: str) -> None:
    """Have whoever adds one for the same person wait until this transaction ends."""
    if not is_sqlite(session):  # a writing transaction there is alone already
        person = select(User.id).where(User.id == owner_id)
        session.exec(person.with_for_update(key_share=True)).one()


def count_of(session: Session, owner_id: str) -> int:
    """Return how many presets a person has."""
    return session.exec(select(func.count()).where(col(Preset.owner_id) == owner_id)).one()


def move_team(session: Session, team_id: str, into: str | None) -> None:
    """Give the presets of one team to another; to none, and they are their owners' alone."""
    gone = {} if into else {"visibility": Visibility.PRIVATE}
    theirs = update(Preset).where(col(Preset.team_id) == team_id)
    session.execute(theirs.values(team_id=into, **gone))

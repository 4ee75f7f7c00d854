"""The only door to preset rows. What is not for you and what is not there look the same."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.galleries import keeping
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.presets.models import Preset


def page(
    session: Session, actor: Actor, *, search: str, cursor: str | None, limit: int
) -> tuple[list[Preset], str | None]:
    """Return some of the presets that `actor` may use whose name has `search` in it, newest first."""
    rows = select(Preset).where(keeping.visible_to(actor, Preset))
    if search:
        rows = rows.where(func.lower(Preset.name).contains(search.lower(), autoescape=True))
    return fetch_page(session, rows, Preset.id, cursor=cursor, limit=limit)


def get(session: Session, actor: Actor, preset_id: str) -> Preset:
    """Return a preset that `actor` may use, locked until the transaction ends.

    Raises:
        NotFound: There is none, or it is not for them.
    """
    rows = (
        select(Preset)
        .where(keeping.visible_to(actor, Preset), Preset.id == preset_id)
        .with_for_update()
    )
    found = session.exec(rows).one_or_none()
    if found is None:
        raise NotFound(f"There is no preset {preset_id!r} that you can use.")
    return found


def count_of(session: Session, owner_id: str) -> int:
    """Return how many presets a person has."""
    return session.exec(select(func.count()).where(col(Preset.owner_id) == owner_id)).one()


def move_team(session: Session, team_id: str, into: str | None) -> None:
    """Give the presets of one team to another; to none, and they are their owners' alone."""
    keeping.move_team(session, Preset, team_id, into)

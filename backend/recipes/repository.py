"""The only door to recipe rows. What is not for you and what is not there look the same."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.galleries import keeping
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.recipes.models import Recipe


def page(
    session: Session, actor: Actor, *, search: str, cursor: str | None, limit: int
) -> tuple[list[Recipe], str | None]:
    """Return some of the recipes that `actor` may use whose title has `search` in it, newest first."""
    rows = select(Recipe).where(keeping.visible_to(actor, Recipe))
    if search:
        rows = rows.where(func.lower(Recipe.title).contains(search.lower(), autoescape=True))
    return fetch_page(session, rows, Recipe.id, cursor=cursor, limit=limit)


def get(session: Session, actor: Actor, recipe_id: str, *, to_change: bool = False) -> Recipe:
    """Return a recipe that `actor` may use; `to_change` locks it until the transaction ends.

    Raises:
        NotFound: There is none, or it is not for them.
    """
    rows = select(Recipe).where(keeping.visible_to(actor, Recipe), Recipe.id == recipe_id)
    found = session.exec(rows.with_for_update() if to_change else rows).one_or_none()
    if found is None:
        raise NotFound(f"There is no recipe {recipe_id!r} that you can use.")
    return found


def count_of(session: Session, owner_id: str) -> int:
    """Return how many recipes a person has."""
    return session.exec(select(func.count()).where(col(Recipe.owner_id) == owner_id)).one()


def move_team(session: Session, team_id: str, into: str | None) -> None:
    """Give the recipes of one team to another; to none, and they are their owners' alone."""
    keeping.move_team(session, Recipe, team_id, into)

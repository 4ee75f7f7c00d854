"""The verbs of recipes: find, keep, change, delete. Sharing with everyone is for those who administer."""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.accounts.repository import users_by_id
from backend.audit import service as audit
from backend.galleries import keeping
from backend.galleries.schemas import Visibility
from backend.kit import clock
from backend.kit.errors import Conflict, Forbidden
from backend.recipes import repository
from backend.recipes.models import Recipe
from backend.recipes.schemas import (
    MOST_RECIPES,
    RecipeChange,
    RecipeCreate,
    RecipeOwner,
    RecipePage,
    RecipePublic,
)
from backend.recipes.steps import KeptSteps, Needs


def find(
    session: Session, actor: Actor, *, search: str, cursor: str | None, limit: int
) -> RecipePage:
    """Return some of the recipes that `actor` may use, newest first."""
    rows, following = repository.page(session, actor, search=search, cursor=cursor, limit=limit)
    owners = users_by_id(session, {row.owner_id for row in rows})
    items = [_shown(row, actor, owners.get(row.owner_id)) for row in rows]
    return RecipePage(items=items, next_cursor=following)


def read(session: Session, actor: Actor, recipe_id: str) -> RecipePublic:
    """Return one recipe.

    Raises:
        NotFound: There is none, or it is not for them.
    """
    row = repository.get(session, actor, recipe_id)
    return _shown(row, actor, session.get(User, row.owner_id))


def create(session: Session, actor: Actor, wanted: RecipeCreate) -> RecipePublic:
    """Keep a recipe of `actor`.

    Raises:
        Conflict: They have as many as one person may have.
        Forbidden: It is to be everyone's, and they do not administer.
        Unprocessable: It is to be their team's, and they are in none.
    """
    keeping.lock_owner(session, actor.id)
    if repository.count_of(session, actor.id) >= MOST_RECIPES:
        raise Conflict(
            f"{MOST_RECIPES} recipes are as many as one person may have; delete one first."
        )
    row = Recipe(
        owner_id=actor.id,
        title=wanted.title,
        description=wanted.description,
        visibility=wanted.visibility,
        team_id=keeping.team_for(actor, wanted.visibility),
        steps=KeptSteps(tuple(wanted.steps)),
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "recipe.create")
    return _shown(row, actor, session.get(User, actor.id))


def change(session: Session, actor: Actor, recipe_id: str, wanted: RecipeChange) -> RecipePublic:
    """Change title, description, steps or visibility of a recipe. Runs of it stay as they were begun.

    Raises:
        NotFound: There is none, or it is not for them.
        Forbidden: It is somebody else's, or everyone's, and they do not administer.
        Unprocessable: It is to be their team's, and they are in none.
    """
    row = _to_change(session, actor, recipe_id)
    visibility = wanted.visibility or row.visibility
    if visibility is Visibility.EVERYONE or visibility is not row.visibility:
        row.team_id = keeping.team_for(actor, visibility)
    row.visibility = visibility
    row.title = wanted.title or row.title
    if wanted.description is not None:
        row.description = wanted.description
    row.steps = KeptSteps(tuple(wanted.steps)) if wanted.steps else row.steps
    row.updated_at = clock.utc_now()
    session.add(row)
    session.flush()
    _record(session, actor, row, "recipe.change")
    return _shown(row, actor, session.get(User, row.owner_id))


def delete(session: Session, actor: Actor, recipe_id: str) -> None:
    """Delete a recipe. Runs of it stay, and go on.

    Raises:
        NotFound: There is none, or it is not for them.
        Forbidden: It is somebody else's.
    """
    row = _to_change(session, actor, recipe_id)
    session.delete(row)
    _record(session, actor, row, "recipe.delete")


def _to_change(session: Session, actor: Actor, recipe_id: str) -> Recipe:
    row = repository.get(session, actor, recipe_id, to_change=True)
    if not keeping.may_change(row, actor):
        raise Forbidden("this recipe is somebody else's; keep one of your own like it")
    return row


def _record(session: Session, actor: Actor, row: Recipe, verb: str) -> None:
    detail = {"visibility": row.visibility.value, "owner": row.owner_id}
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"recipe:{row.id}", detail=detail)


def _shown(row: Recipe, actor: Actor, owner: User | None) -> RecipePublic:
    steps = row.steps.root
    return RecipePublic(
        **row.model_dump(
            include={"id", "title", "description", "visibility", "created_at", "updated_at"}
        ),
        steps=list(steps),
        needs=Needs.of(steps),
        owner=RecipeOwner(id=row.owner_id, name=owner.name if owner else ""),
        mine=row.owner_id == actor.id,
        can_change=keeping.may_change(row, actor),
    )

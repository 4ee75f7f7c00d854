"""`/api/v1/recipes`: keep, share and run them; `/runs`: your own; `/images/{id}/steps`: how an image came about."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Header, Query, Response

from backend.accounts.dependencies import ActorDep, Generator
from backend.generations.examples import REFUSED
from backend.generations.router import looked_at
from backend.images.router import ImageId
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.recipes import lineage, running, runs, service
from backend.recipes.cards import AskedDep, RecipeId, RunId, StepsNowDep
from backend.recipes.presentation import present, present_one
from backend.recipes.schemas import (
    EXAMPLES,
    LONGEST_TITLE,
    RecipeChange,
    RecipeCreate,
    RecipeDraft,
    RecipePage,
    RecipePublic,
    RunPage,
    RunPrice,
    RunPublic,
    RunsStarted,
)

router = APIRouter(tags=["recipes"])

Search = Annotated[
    str, Query(max_length=LONGEST_TITLE, pattern=r"^[^\x00]*$", description="Part of the title.")
]
KeyHeader = Annotated[
    str | None,
    Header(max_length=255, min_length=1, description="The same key again is the same runs."),
]
_FORBIDDEN: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "Your role may not, or it is somebody else's."}
}
_FULL: Final[dict[int | str, dict[str, Any]]] = {
    **_FORBIDDEN,
    409: {"model": Problem, "description": "You have as many recipes as you may have."},
}
_NOT_THERE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or not for you."}
}
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {**_FORBIDDEN, **_NOT_THERE}
_BEGUN: Final[dict[int | str, dict[str, Any]]] = {
    **REFUSED,
    200: {"description": "The runs this Idempotency-Key began before, or a dry run's price."},
}
_ENDED: Final[dict[int | str, dict[str, Any]]] = {
    **_ABSENT,
    409: {"model": Problem, "description": "It has ended, or has not broken off."},
}


@router.get("/recipes")
def list_recipes(
    session: SessionDep,
    actor: ActorDep,
    q: Search = "",
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> RecipePage:
    """List the recipes that you may use, newest first."""
    return service.find(session, actor, search=q, cursor=cursor, limit=limit)


@router.post("/recipes", status_code=201, responses=_FULL)
def create_recipe(
    wanted: Annotated[RecipeCreate, Body(openapi_examples=EXAMPLES)],
    session: SessionDep,
    actor: Generator,
) -> RecipePublic:
    """Keep a recipe."""
    return service.create(session, actor, wanted)


@router.get("/recipes/{recipe_id}", responses=_NOT_THERE)
def read_recipe(recipe_id: RecipeId, session: SessionDep, actor: ActorDep) -> RecipePublic:
    """Read a recipe that you may use."""
    return service.read(session, actor, recipe_id)


@router.patch("/recipes/{recipe_id}", responses=_ABSENT)
def change_recipe(
    recipe_id: RecipeId, wanted: RecipeChange, session: SessionDep, actor: Generator
) -> RecipePublic:
    """Change a recipe of yours; of everyone's, for administrators. Runs stay as they were begun."""
    return service.change(session, actor, recipe_id, wanted)


@router.delete("/recipes/{recipe_id}", status_code=204, responses=_ABSENT)
def delete_recipe(recipe_id: RecipeId, session: SessionDep, actor: Generator) -> None:
    """Delete a recipe of yours; of everyone's, for administrators. Runs of it go on."""
    service.delete(session, actor, recipe_id)


@router.post(
    "/recipes/{recipe_id}/runs",  # noqa: FAST003 - read by a dependency
    status_code=202,
    responses=_BEGUN,
    dependencies=[Depends(looked_at, scope="function")],
)
def run_recipe(  # noqa: PLR0913
    *,
    asked: AskedDep,
    actor: Generator,
    session: SessionDep,
    context: ContextDep,
    response: Response,
    idempotency_key: KeyHeader = None,
    dry_run: Annotated[bool, Query(description="Only say what it would cost.")] = False,
) -> RunsStarted | RunPrice:
    """Run a recipe over each picture: 202 when that is new, 200 when its key is known or with `dry_run`."""
    if dry_run:
        response.status_code = 200
        return running.price(session, context, actor, asked)
    begun = running.begin(session, context, actor, asked, key=idempotency_key)
    response.status_code = 202 if begun.is_new else 200
    return RunsStarted(items=present(session, context, begun.rows))


@router.get("/runs")
def list_runs(
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> RunPage:
    """List your own runs of recipes, newest first."""
    rows, following = runs.page(session, actor, cursor=cursor, limit=limit)
    return RunPage(items=present(session, context, rows), next_cursor=following)


@router.get("/runs/{run_id}", responses=_NOT_THERE)
def read_run(run_id: RunId, actor: ActorDep, session: SessionDep, context: ContextDep) -> RunPublic:
    """Read one of your own runs with its steps."""
    return present_one(session, context, runs.get(session, actor, run_id))


@router.post("/runs/{run_id}/cancel", responses=_ENDED)
def cancel_run(
    run_id: RunId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> RunPublic:
    """Stop a run and what of it is queued or runs; what was drawn stays."""
    return present_one(session, context, running.cancel(session, context, actor, run_id))


@router.post("/runs/{run_id}/retry", status_code=202, responses={**REFUSED, **_ENDED})
def retry_run(
    run_id: RunId, steps: StepsNowDep, actor: Generator, session: SessionDep, context: ContextDep
) -> RunPublic:
    """Go on with a run from the step that ended it."""
    return present_one(session, context, running.retry(session, context, actor, run_id, steps))


@router.get("/images/{image_id}/steps", responses=_NOT_THERE)
def read_steps(image_id: ImageId, actor: ActorDep, session: SessionDep) -> RecipeDraft:
    """Say how an image came about, as steps that a recipe could keep."""
    return lineage.draft(session, actor, image_id)

"""What is read before a transaction is begun: the recipe as it stands, and the cards of the models it names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Body, Depends, Path
from starlette.concurrency import run_in_threadpool

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires_before
from backend.accounts.permissions import GENERATE
from backend.catalog.service import Catalog, CatalogDep
from backend.kit.context import Context, ContextDep
from backend.kit.errors import Unprocessable
from backend.recipes import repository, runs
from backend.recipes.models import PlannedStep
from backend.recipes.running import Asked
from backend.recipes.schemas import RUN_EXAMPLES, RunCreate
from backend.recipes.steps import RecipeStep
from inference.protocol import ModelCard

_ID = "^[0-9a-z]{1,26}$"
RecipeId = Annotated[
    str, Path(pattern=_ID, description="Id of a recipe.", examples=["01m7xxtq72y599hfwczfvzjz52"])
]
RunId = Annotated[
    str, Path(pattern=_ID, description="Id of a run.", examples=["01m7xxtq72y599hfwczfvzjz53"])
]
EarlyGenerator = Annotated[Actor, Depends(requires_before(GENERATE))]
RunBody = Annotated[RunCreate, Body(openapi_examples=RUN_EXAMPLES)]


async def asked_of(
    recipe_id: RecipeId,
    wanted: RunBody,
    actor: EarlyGenerator,
    catalog: CatalogDep,
    context: ContextDep,
) -> Asked:
    """Return what is asked to run; turns away by itself whoever may not generate."""
    title, steps = await run_in_threadpool(_recipe, context, actor, recipe_id)
    return Asked(recipe_id, title, await _planned(catalog, actor, steps), wanted)


async def steps_now(
    run_id: RunId, actor: EarlyGenerator, catalog: CatalogDep, context: ContextDep
) -> tuple[PlannedStep, ...]:
    """Return the steps of a run with the cards that their models have now; those before its step keep theirs."""
    planned, place = await run_in_threadpool(_run, context, actor, run_id)
    left = [one.settings for one in planned[place:]]
    return planned[:place] + await _planned(catalog, actor, left, first=place)


AskedDep = Annotated[Asked, Depends(asked_of)]
StepsNowDep = Annotated[tuple[PlannedStep, ...], Depends(steps_now)]


async def _planned(
    catalog: Catalog, actor: Actor, steps: Iterable[RecipeStep], *, first: int = 0
) -> tuple[PlannedStep, ...]:
    cards: dict[str | None, ModelCard] = {}
    planned = []
    for place, step in enumerate(steps, start=first):
        if step.model not in cards:
            try:
                cards[step.model] = await catalog.resolve_for(actor, step.model)
            except Unprocessable as refusal:
                refusal.fields = [
                    one.model_copy(update={"field": f"steps.{place}.{one.field}"})
                    for one in refusal.fields
                ]
                raise
        planned.append(PlannedStep(settings=step, card=cards[step.model]))
    return tuple(planned)


def _recipe(context: Context, actor: Actor, recipe_id: str) -> tuple[str, tuple[RecipeStep, ...]]:
    with context.database.read() as session:
        row = repository.get(session, actor, recipe_id)
        return row.title, row.steps.root


def _run(context: Context, actor: Actor, run_id: str) -> tuple[tuple[PlannedStep, ...], int]:
    with context.database.read() as session:
        row = runs.get(session, actor, run_id)
        return row.plan.steps, row.place

"""The models on offer, over HTTP; for administrators, their stages."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path

from backend.accounts.actor import Actor
from backend.accounts.dependencies import (
    NOT_ADMINISTERING,
    ActorDep,
    Administrator,
    requires_before,
)
from backend.accounts.models import LONGEST_MODEL_NAME
from backend.accounts.permissions import ADMINISTER
from backend.catalog import management
from backend.catalog.moving import Registry
from backend.catalog.schemas import (
    Inference,
    ManagedModel,
    ModelChange,
    ModelChoices,
    MovePublic,
    Rollback,
)
from backend.catalog.service import ANSWER_WITHIN_S, CatalogDep
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from inference.protocol import InferenceError, ModelCard

router = APIRouter(prefix="/models", tags=["models"])

_LOADING: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Problem, "description": "The model is still loading."}
}
_MANAGING = {**_LOADING, **NOT_ADMINISTERING}


async def managed_cards(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))], catalog: CatalogDep
) -> list[ModelCard]:
    """Return every card, whatever its stage; asked for before a transaction is begun."""
    return await catalog.cards()


async def inference_now(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))], context: ContextDep
) -> Inference:
    """Return how inference is, asked now."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            health = await context.inference.health()
    except (InferenceError, TimeoutError):
        return Inference(ready=False, device=None, dtype=None, detail="")
    told = health.model_dump(include={"ready", "device", "dtype", "detail"})
    return Inference(**told)


ModelName = Annotated[str, Path(max_length=LONGEST_MODEL_NAME, description="Its name.")]
CardsDep = Annotated[list[ModelCard], Depends(managed_cards)]


@router.get("", responses=_LOADING)
async def list_models(catalog: CatalogDep, actor: ActorDep) -> list[ModelCard]:
    """List the models that the caller may draw with; the first draws when they name none."""
    return await catalog.cards_for(actor)


@router.get("/choices", responses=_MANAGING)
def list_choices(
    cards: CardsDep,
    inference: Annotated[Inference, Depends(inference_now)],
    session: SessionDep,
    _administrator: Administrator,
) -> ModelChoices:
    """List every model with its stage, and say how inference is."""
    return ModelChoices(
        items=management.managed(session, cards),
        before=management.before(session, cards),
        inference=inference,
    )


@router.post(
    "/rollback",
    responses={
        **_MANAGING,
        409: {
            "model": Problem,
            "description": "There was none, it is gone, or it is not what it was.",
        },
    },
)
def roll_back_default(
    wanted: Rollback, cards: CardsDep, session: SessionDep, administrator: Administrator
) -> ManagedModel:
    """Put back the default before the present one, if it is there with the same weights."""
    name = Registry(session, administrator, cards).roll_back(wanted.reason)
    return management.managed_one(session, cards, name)


@router.get(
    "/{model}/moves",
    responses={**_MANAGING, 404: {"model": Problem, "description": "There is no such model."}},
)
def list_moves(
    model: ModelName, cards: CardsDep, session: SessionDep, _administrator: Administrator
) -> list[MovePublic]:
    """List the latest moves of a model from stage to stage, newest first."""
    return management.history(session, cards, model)


@router.patch(
    "/{model}",
    responses={
        **_MANAGING,
        404: {"model": Problem, "description": "There is no such model."},
        409: {"model": Problem, "description": "There is no such move, or it is the last one."},
    },
)
def move_model(
    model: ModelName,
    wanted: ModelChange,
    cards: CardsDep,
    session: SessionDep,
    administrator: Administrator,
) -> ManagedModel:
    """Give a model a stage, from the next request on; what is queued is still drawn."""
    Registry(session, administrator, cards).move(model, wanted)
    return management.managed_one(session, cards, model)

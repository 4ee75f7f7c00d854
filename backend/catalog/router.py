"""The models on offer, over HTTP; for administrators, what is chosen about them."""

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
from backend.catalog.schemas import Inference, ManagedModel, ModelChange, ModelChoices
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
    """Return every card, off or on; asked for before a transaction is begun."""
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


CardsDep = Annotated[list[ModelCard], Depends(managed_cards)]


@router.get("", responses=_LOADING)
async def list_models(catalog: CatalogDep, actor: ActorDep) -> list[ModelCard]:
    """List the models that the caller may draw with; the first is the default."""
    return await catalog.cards_for(actor)


@router.get("/choices", responses=_MANAGING)
def list_choices(
    cards: CardsDep,
    inference: Annotated[Inference, Depends(inference_now)],
    session: SessionDep,
    _administrator: Administrator,
) -> ModelChoices:
    """List every model with what was chosen about it, and say how inference is."""
    return ModelChoices(items=management.managed(session, cards), inference=inference)


@router.patch(
    "/{model}",
    responses={
        **_MANAGING,
        404: {"model": Problem, "description": "There is no such model."},
        409: {"model": Problem, "description": "It is the last one, or cannot be the default."},
    },
)
def change_model(
    model: Annotated[str, Path(max_length=LONGEST_MODEL_NAME, description="Its name.")],
    wanted: ModelChange,
    cards: CardsDep,
    session: SessionDep,
    administrator: Administrator,
) -> ManagedModel:
    """Switch a model off or on for new generations, or make it the default; what is queued is still drawn."""
    return management.change(session, administrator, model, wanted, cards)

"""The models on offer, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from backend.accounts.dependencies import ActorDep
from backend.catalog.service import CatalogDep, offered_to
from backend.kit.errors import Problem
from inference.protocol import ModelCard

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", responses={503: {"model": Problem, "description": "The model is still loading."}})
async def list_models(catalog: CatalogDep, actor: ActorDep) -> list[ModelCard]:
    """List the models that the caller may draw with; the first is the default."""
    return offered_to(actor, await catalog.cards())

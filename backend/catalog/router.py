"""The models on offer, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from backend.accounts.dependencies import ActorDep
from backend.catalog.service import CatalogDep
from backend.kit.errors import Problem
from inference.protocol import ModelCard

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", responses={503: {"model": Problem, "description": "The model is still loading."}})
async def list_models(catalog: CatalogDep, _actor: ActorDep) -> list[ModelCard]:
    """List the models that a generation may name; the first is the default."""
    return await catalog.cards()

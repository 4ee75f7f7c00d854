"""How the studio stands, over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from backend.accounts.actor import Actor
from backend.accounts.dependencies import NOT_ADMINISTERING, requires_before
from backend.accounts.permissions import ADMINISTER
from backend.catalog.service import CatalogDep
from backend.kit.context import ContextDep
from backend.system import service
from backend.system.examination import Examination
from backend.system.schemas import SystemPublic

router = APIRouter(prefix="/system", tags=["system"], responses=NOT_ADMINISTERING)

# Asked before, for no transaction is held while parts that may be away are looked at.
EarlyAdministrator = Annotated[Actor, Depends(requires_before(ADMINISTER))]


async def examination_of(request: Request, context: ContextDep, catalog: CatalogDep) -> Examination:
    """Return what the running studio looks at, the same for everybody who asks."""
    state = request.app.state
    if not hasattr(state, "examination"):
        state.examination = service.examination(context, catalog)
    examination: Examination = state.examination
    return examination


@router.get("")
async def read_system(
    _administrator: EarlyAdministrator,
    context: ContextDep,
    examination: Annotated[Examination, Depends(examination_of)],
) -> SystemPublic:
    """Look at every part of the studio, each for two seconds at most, and say what to do next."""
    return await service.look(context, examination)

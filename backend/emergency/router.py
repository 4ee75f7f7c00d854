"""Emergencies over HTTP: administrators stop, reviewers take images down."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query

from backend.accounts.actor import Actor
from backend.accounts.dependencies import (
    NOT_ADMINISTERING,
    Administrator,
    requires,
    requires_before,
)
from backend.accounts.permissions import ADMINISTER, REVIEW
from backend.catalog.service import CatalogDep, DemoCheckerRefused
from backend.emergency import service, takedown
from backend.emergency.schemas import (
    EmergencyNow,
    ReachWanted,
    StopDone,
    StopReach,
    SweepWanted,
    TakedownReach,
    TakedownWanted,
    TakenDown,
)
from backend.images.router import ImageId
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import NotReady, Problem
from backend.stops.schemas import StopPublic, StopWanted
from inference.protocol import ModelCard

router = APIRouter(prefix="/emergency", tags=["emergency"], responses=NOT_ADMINISTERING)
takedowns = APIRouter(
    prefix="/images",
    tags=["emergency"],
    responses={
        403: {"model": Problem, "description": "Your role does not review."},
        404: {"model": Problem, "description": "There is no such image."},
        409: {"model": Problem, "description": "Nobody is shown it, or the number is another."},
    },
)

_STOPPED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "It is stopped already."}
}
_COUNTED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "By now it is another number of images."}
}
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such stop."}
}
StopId = Annotated[str, Path(max_length=26, description="Id of a stop.")]
Reviewer = Annotated[Actor, Depends(requires(REVIEW))]


async def known_cards(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))], catalog: CatalogDep
) -> list[ModelCard]:
    """Return what inference offers, as far as that is known: a stop waits for nobody."""
    try:
        return await catalog.cards()
    except (NotReady, DemoCheckerRefused):
        return []


CardsDep = Annotated[list[ModelCard], Depends(known_cards)]


@router.get("")
def read_emergency(
    cards: CardsDep, session: SessionDep, _administrator: Administrator
) -> EmergencyNow:
    """Read what is stopped, what could be, and what was lately."""
    return service.look(session, cards)


@router.get("/reach")
def read_stop_reach(
    cards: CardsDep,
    session: SessionDep,
    _administrator: Administrator,
    wanted: Annotated[ReachWanted, Query()],
) -> StopReach:
    """Count what a stop would end, before it is pulled."""
    return service.reach(session, cards, wanted)


@router.post("/stops", status_code=201, responses=_STOPPED)
def pull_stop(
    cards: CardsDep,
    session: SessionDep,
    administrator: Administrator,
    context: ContextDep,
    wanted: StopWanted,
) -> StopDone:
    """Stop a model, a category or all drawing, at once and in every process; people read why."""
    return service.pull(session, context, administrator.id, cards, wanted)


@router.post("/stops/{stop_id}/lift", responses=_ABSENT)
def lift_stop(
    session: SessionDep, administrator: Administrator, context: ContextDep, stop_id: StopId
) -> StopPublic:
    """Let it be drawn again. What was ended stays so."""
    return service.lift(session, context, administrator.id, stop_id)


@router.post("/sweep", responses=_COUNTED)
def sweep_category(
    session: SessionDep, administrator: Administrator, context: ContextDep, wanted: SweepWanted
) -> TakenDown:
    """Take down every image that a category held once and that is shown by now."""
    return takedown.sweep(session, context, administrator, wanted)


@takedowns.get("/{image_id}/takedown")
def read_takedown_reach(
    session: SessionDep, reviewer: Reviewer, image_id: ImageId
) -> TakedownReach:
    """Count what taking an image down would reach, before it is done."""
    return takedown.reach(session, reviewer, image_id)


@takedowns.post("/{image_id}/takedown")
def take_image_down(
    session: SessionDep,
    reviewer: Reviewer,
    context: ContextDep,
    image_id: ImageId,
    wanted: TakedownWanted,
) -> TakenDown:
    """Take an image down everywhere, at once; a review can restore it."""
    return takedown.take_down(session, context, reviewer, image_id, wanted)

"""The queue over HTTP, for administrators: look, drain, resume, cancel, and the dead letters."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.queue import service
from backend.queue.schemas import DeadPage, QueueEntry, QueuePage, QueueStatus

router = APIRouter(
    prefix="/queue",
    tags=["queue"],
    responses=NOT_ADMINISTERING,
)

GenerationId = Annotated[str, Path(max_length=26)]
_ENDED: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such generation."},
    409: {"model": Problem, "description": "It has succeeded or failed already."},
}
_RETRIED: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such dead letter."},
    409: {
        "model": Problem,
        "description": "It was retried already, or its owner may not any more.",
    },
}


@router.get("")
def list_queue(
    session: SessionDep,
    _administrator: Administrator,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> QueuePage:
    """List everybody's queued and running generations in the order of the line."""
    return service.look(session, cursor=cursor, limit=limit)


@router.post("/drain")
def drain_queue(
    session: SessionDep, administrator: Administrator, context: ContextDep
) -> QueueStatus:
    """Let nothing new begin, anywhere; what runs ends as usual and submissions are still accepted."""
    return service.drain(session, context.notifier, administrator.id)


@router.post("/resume")
def resume_queue(
    session: SessionDep, administrator: Administrator, context: ContextDep
) -> QueueStatus:
    """Let generations begin again, each in the place that it kept."""
    return service.resume(session, context.notifier, administrator.id)


@router.post("/{generation_id}/cancel", responses=_ENDED)
def cancel_anybodys_generation(
    generation_id: GenerationId,
    session: SessionDep,
    administrator: Administrator,
    context: ContextDep,
) -> QueueEntry:
    """Stop anybody's generation: at once while queued, at the next step while running."""
    return service.cancel(session, context, administrator.id, generation_id)


@router.get("/dead")
def list_dead_letters(
    session: SessionDep,
    _administrator: Administrator,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> DeadPage:
    """List generations that failed after their last attempt or by a bug, newest first."""
    return service.dead(session, cursor=cursor, limit=limit)


@router.post("/dead/{generation_id}/retry", responses=_RETRIED)
def retry_dead_letter(
    generation_id: GenerationId,
    session: SessionDep,
    administrator: Administrator,
    context: ContextDep,
) -> QueueEntry:
    """Queue a dead letter anew as another generation of the same owner; the failed one stays."""
    return service.retry(session, context.notifier, administrator.id, generation_id)

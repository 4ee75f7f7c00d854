"""The review queue over HTTP; only for people with the permission `review`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires
from backend.accounts.permissions import REVIEW
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.moderation import repository, service
from backend.moderation.schemas import FlagFilter, FlagPage, FlagPublic, Review

router = APIRouter(
    prefix="/moderation/flags",
    tags=["moderation"],
    responses={403: {"model": Problem, "description": "Your role does not review."}},
)

Reviewer = Annotated[Actor, Depends(requires(REVIEW))]
_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such flag."},
    409: {"model": Problem, "description": "Somebody decided already."},
}


@router.get("")
def list_flags(
    session: SessionDep,
    _reviewer: Reviewer,
    state: Annotated[FlagFilter, Query(description="Which ones.")] = FlagFilter.OPEN,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> FlagPage:
    """List held images: open ones oldest first, decided ones newest first."""
    cases, next_cursor = repository.page(session, state, cursor=cursor, limit=limit)
    return FlagPage(items=[service.to_public(case) for case in cases], next_cursor=next_cursor)


@router.post("/{flag_id}/review", responses=_REFUSED)
def review_flag(
    session: SessionDep,
    reviewer: Reviewer,
    context: ContextDep,
    flag_id: Annotated[str, Path(max_length=64)],
    decision: Review,
) -> FlagPublic:
    """Release or reject a held image. Its owner reads the note; the decision counts at once."""
    return service.review(session, context.notifier, reviewer, flag_id, decision)

"""The review queue over HTTP; only for people with the permission `review`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires
from backend.accounts.permissions import REVIEW
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.moderation import (
    bulk,
    casework,
    claims,
    counts,
    deciding,
    escalating,
    peeking,
    repository,
    sealing,
)
from backend.moderation.case_schemas import FlagCase, Summary
from backend.moderation.presentation import one, present
from backend.moderation.schemas import (
    BulkOutcome,
    BulkReview,
    Escalate,
    FlagFilter,
    FlagOrigin,
    FlagPage,
    FlagPublic,
    FlagQuery,
    Reveal,
    Review,
    Unsealed,
)
from backend.policies.schemas import Severity

router = APIRouter(
    prefix="/moderation",
    tags=["moderation"],
    responses={403: {"model": Problem, "description": "Your role does not review."}},
)

Reviewer = Annotated[Actor, Depends(requires(REVIEW))]
FlagId = Annotated[str, Path(max_length=64, description="Id of a case.")]
_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such case."}
}
_TAKEN: dict[int | str, dict[str, Any]] = {
    **_ABSENT,
    409: {"model": Problem, "description": "Somebody decided already, or has it open."},
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    **_TAKEN,
    403: {
        "model": Problem,
        "description": "You do not review, made the image, decided before, or asked first.",
    },
}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
        "description": "Its colours in soft spots.",
    },
    404: {"model": Problem, "description": "There is no such case, or nothing of it is shown."},
}
_KEPT_NOWHERE: dict[str, str] = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'inline; filename="atelier-held.webp"',
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/summary")
def get_summary(session: SessionDep, _reviewer: Reviewer) -> Summary:
    """Read how many cases wait, since when, of what, and how long deciding takes."""
    return counts.summary(session)


@router.get("/flags")
def list_flags(  # noqa: PLR0913, PLR0917 - each is a filter
    session: SessionDep,
    reviewer: Reviewer,
    state: Annotated[FlagFilter, Query(description="Which ones.")] = FlagFilter.OPEN,
    category: Annotated[
        str | None, Query(pattern="^[a-z][a-z0-9_]{0,39}$", description="Of the policy.")
    ] = None,
    severity: Annotated[Severity | None, Query(description="How bad.")] = None,
    origin: Annotated[FlagOrigin | None, Query(description="Why they are looked at.")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> FlagPage:
    """List cases: the worst first and of these the oldest; decided ones newest first."""
    wanted = FlagQuery(state=state, category=category, severity=severity, origin=origin)
    cases, next_cursor = repository.page(session, wanted, cursor=cursor, limit=limit)
    return FlagPage(items=present(session, reviewer, cases), next_cursor=next_cursor)


@router.post("/flags/reviews")
def review_several(
    session: SessionDep, reviewer: Reviewer, context: ContextDep, wanted: BulkReview
) -> BulkOutcome:
    """Decide several cases of one category alike, or with `dry_run` see which could be; each is refused by itself."""
    return bulk.review_several(session, context.notifier, reviewer, wanted)


@router.get("/flags/{flag_id}", responses=_ABSENT)
def get_case(session: SessionDep, reviewer: Reviewer, flag_id: FlagId) -> FlagCase:
    """Open a case: scores against thresholds, words, lineage, its author's record, decisions, and what is like it."""
    return casework.open_case(session, reviewer, flag_id)


@router.get("/flags/{flag_id}/blurred", response_class=Response, responses=_PICTURE)
def get_blurred(
    session: SessionDep, _reviewer: Reviewer, context: ContextDep, flag_id: FlagId
) -> Response:
    """Fetch colours without shapes of a held image; none of a severe one."""
    data = peeking.blurred(context.storage, repository.get(session, flag_id))
    return Response(data, media_type="image/webp", headers=_KEPT_NOWHERE)


@router.post("/flags/{flag_id}/reveal", responses=_REFUSED)
def unseal_image(
    session: SessionDep, reviewer: Reviewer, context: ContextDep, flag_id: FlagId, _meant: Reveal
) -> Unsealed:
    """Ask to see a sealed image; it is fetched with the answer, within two minutes. The audit keeps that you asked."""
    return sealing.unseal(session, context.settings, reviewer, flag_id)


@router.post("/flags/{flag_id}/claim", responses=_REFUSED)
def claim_flag(session: SessionDep, reviewer: Reviewer, flag_id: FlagId) -> FlagPublic:
    """Keep others from deciding a case for ten minutes; asked again, for ten more."""
    return one(session, reviewer, claims.claim(session, reviewer, flag_id))


@router.delete("/flags/{flag_id}/claim", status_code=204, responses=_TAKEN)
def let_go_of_flag(session: SessionDep, reviewer: Reviewer, flag_id: FlagId) -> None:
    """Let others decide a case that you have open."""
    claims.let_go(session, reviewer, flag_id)


@router.post("/flags/{flag_id}/review", responses=_REFUSED)
def review_flag(
    session: SessionDep,
    reviewer: Reviewer,
    context: ContextDep,
    flag_id: FlagId,
    decision: Review,
) -> FlagPublic:
    """Release or reject a held image; its owner reads the note. To release a severe one takes two, each asking here."""
    case = deciding.review(session, context.notifier, reviewer, flag_id, decision)
    return one(session, reviewer, case)


@router.post("/flags/{flag_id}/escalate", responses=_REFUSED)
def escalate_flag(
    session: SessionDep, reviewer: Reviewer, context: ContextDep, flag_id: FlagId, wanted: Escalate
) -> FlagPublic:
    """Hand a case to administrators with a note: it comes before all others, and nobody else decides it."""
    case = escalating.escalate(session, context.notifier, reviewer, flag_id, wanted)
    return one(session, reviewer, case)


@router.post("/flags/{flag_id}/undo", responses=_TAKEN)
def undo_review(
    session: SessionDep, reviewer: Reviewer, context: ContextDep, flag_id: FlagId
) -> FlagPublic:
    """Take back your last decision on a case within 15 minutes, or what you asked a second person for."""
    return one(session, reviewer, deciding.undo(session, context.notifier, reviewer, flag_id))

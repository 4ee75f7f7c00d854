"""Trials of a policy over HTTP, for administrators."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Conflict, Problem
from backend.moderation.holding import Holding
from backend.policies import repository as versions
from backend.policies import service as policies
from backend.policies.router import Number
from backend.trials import service
from backend.trials.schemas import HeldNow, HoldWanted, TrialLine, TrialWanted

router = APIRouter(prefix="/policies", tags=["moderation"], responses=NOT_ADMINISTERING)

_GONE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such version."}
}
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": TrialLine,
        "description": "Lines of JSON, one after each thousand images or 500 prompts; the last has the report.",
    }
}


class Lines(StreamingResponse):
    """One JSON value a line, as they come."""

    media_type = "application/x-ndjson"


@router.post("/{number}/trial", response_class=Lines, responses={**_GONE, **_LINES})
def try_policy(
    number: Number,
    wanted: TrialWanted,
    session: SessionDep,
    administrator: Administrator,
    context: ContextDep,
) -> Lines:
    """Say what a version would do with images of the past, from the scores that were kept, and with past prompts."""
    trial = service.begin(context.database, session, number, wanted, reader=administrator)
    return Lines(service.lines(trial), headers={"Cache-Control": "no-store"})


@router.post(
    "/{number}/hold",
    responses={
        **_GONE,
        409: {"model": Problem, "description": "Another version decides now."},
    },
)
def hold_past_images(
    number: Number,
    wanted: HoldWanted,
    session: SessionDep,
    administrator: Administrator,
    context: ContextDep,
) -> HeldNow:
    """Hold images of the past that the active version would hold, for reviewers to look at."""
    versions.get(session, number)
    policy = policies.active(session)
    if policy.version != str(number):
        raise Conflict(f"Version {policy.version} decides now; only that one can hold images.")
    holding = Holding(session, context.notifier, policy, actor_id=administrator.id)
    return HeldNow(held=holding.hold(wanted.image_ids, reason=wanted.reason))

"""The figures of moderation over HTTP, for those who review."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires
from backend.accounts.permissions import REVIEW
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.quality import service
from backend.quality.schemas import Quality

router = APIRouter(
    prefix="/moderation/quality",
    tags=["moderation"],
    responses={403: {"model": Problem, "description": "Your role does not review."}},
)


@router.get("")
def read_quality(
    session: SessionDep,
    _reviewer: Annotated[Actor, Depends(requires(REVIEW))],
    weeks: Annotated[int, Query(ge=1, le=52, description="How many, this one among them.")] = 12,
) -> Quality:
    """Say how good moderation was in the last weeks, as far as people's decisions tell."""
    return service.quality(session, weeks)

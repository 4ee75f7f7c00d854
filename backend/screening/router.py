"""Words on trial over HTTP, for administrators."""

from __future__ import annotations

from fastapi import APIRouter

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.database import SessionDep
from backend.screening import service
from backend.screening.schemas import Trial, Tried

router = APIRouter(prefix="/moderation", tags=["moderation"], responses=NOT_ADMINISTERING)


@router.post("/screen")
def screen_text(session: SessionDep, _administrator: Administrator, trial: Trial) -> Tried:
    """Say which rules of the policy a text meets, and how it was read. Keeps nothing."""
    return service.attempt(session, trial)

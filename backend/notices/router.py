"""The notice over HTTP: everybody who is signed in reads it, administrators post and clear it."""

from __future__ import annotations

from fastapi import APIRouter

from backend.accounts.dependencies import NOT_ADMINISTERING, ActorDep, Administrator
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.notices import service
from backend.notices.schemas import NoticeNow, NoticeWrite

router = APIRouter(prefix="/notice", tags=["notice"])


@router.get("")
def read_notice(session: SessionDep, _actor: ActorDep) -> NoticeNow:
    """Read what everybody is told now, or what is announced."""
    return service.tell(session)


@router.put("", responses=NOT_ADMINISTERING)
def post_notice(
    wanted: NoticeWrite, session: SessionDep, administrator: Administrator, context: ContextDep
) -> NoticeNow:
    """Tell everybody something, in place of what there was; maintenance stops new generations."""
    return service.post(session, context.notifier, administrator.id, wanted)


@router.delete("", status_code=204, responses=NOT_ADMINISTERING)
def clear_notice(session: SessionDep, administrator: Administrator, context: ContextDep) -> None:
    """End the notice, and maintenance with it; clearing twice is no error."""
    service.clear(session, context.notifier, administrator.id)

"""`/api/v1/invites`, for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.accounts.invites import service
from backend.accounts.invites.schemas import InviteCreate, InviteCreated, InvitePage
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery

router = APIRouter(
    prefix="/invites",
    tags=["invites"],
    responses=NOT_ADMINISTERING,
)

InviteId = Annotated[
    str, Path(max_length=26, pattern=r"^[^\x00]*$", description="The invite's id.")
]
_REVOKED: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such invite."},
    409: {"model": Problem, "description": "Somebody has used it."},
}


@router.get("")
def list_invites(
    session: SessionDep,
    _administrator: Administrator,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> InvitePage:
    """List all invites, newest first; never their links."""
    return service.find(session, cursor=cursor, limit=limit)


@router.post("", status_code=201)
def create_invite(
    wanted: InviteCreate, administrator: Administrator, session: SessionDep, context: ContextDep
) -> InviteCreated:
    """Make a link that lets one person in, and show it, this once."""
    return service.make(session, context.settings.base_url, administrator, wanted)


@router.delete("/{invite_id}", status_code=204, responses=_REVOKED)
def revoke_invite(invite_id: InviteId, administrator: Administrator, session: SessionDep) -> None:
    """End an invite that nobody has used."""
    service.revoke(session, administrator, invite_id)

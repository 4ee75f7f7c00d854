"""Comments over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path

from backend.accounts.dependencies import ActorDep
from backend.comments import service
from backend.comments.schemas import CommentCreate, CommentPage, CommentPublic
from backend.images.router import ImageId
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery

router = APIRouter(tags=["comments"])

CommentId = Annotated[str, Path(pattern="^[0-9a-z]{1,26}$", description="Id of a comment.")]
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or on what is not open to you."}
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    **_ABSENT,
    403: {"model": Problem, "description": "You may look, and not do that."},
}
_FULL: Final[dict[int | str, dict[str, Any]]] = {
    **_REFUSED,
    409: {"model": Problem, "description": "It has as many comments as an image may have."},
}


@router.get("/images/{image_id}/comments", responses=_ABSENT)
def list_comments(
    image_id: ImageId,
    actor: ActorDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> CommentPage:
    """List the comments on an image that you may see, newest first."""
    return service.look(session, actor, image_id, cursor=cursor, limit=limit)


@router.post("/images/{image_id}/comments", status_code=201, responses=_FULL)
def write_comment(
    image_id: ImageId,
    wanted: CommentCreate,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
) -> CommentPublic:
    """Comment on an image of yours, or in a gallery that lets you."""
    return service.write(session, context.notifier, actor, image_id, wanted.text)


@router.delete("/comments/{comment_id}", status_code=204, responses=_REFUSED)
def remove_comment(
    comment_id: CommentId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> None:
    """Remove a comment: yours, or on an image or in a gallery of yours."""
    service.remove(session, context.notifier, actor, comment_id)

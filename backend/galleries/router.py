"""Galleries over HTTP: deleting one, and who is in it. What they show of their images is `backend.placing`'s work."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from backend.accounts.dependencies import ActorDep
from backend.galleries import membership, service
from backend.galleries.schemas import MemberPublic, MemberWanted, PersonOf
from backend.kit.database import SessionDep
from backend.kit.errors import Problem

router = APIRouter(prefix="/galleries", tags=["galleries"])

GalleryId = Annotated[str, Path(pattern="^[0-9a-z]{1,26}$", description="Id of a gallery.")]
UserId = Annotated[str, Path(pattern="^[0-9a-z]{1,26}$", description="Id of a person.")]

ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or not open to you."}
}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    **ABSENT,
    403: {"model": Problem, "description": "Open to you, but your role in it may not."},
}
AGAINST: Final[dict[int | str, dict[str, Any]]] = {
    **REFUSED,
    409: {"model": Problem, "description": "As things are it cannot be; `detail` says why."},
}


@router.delete("/{gallery_id}", status_code=204, responses=REFUSED)
def delete_gallery(gallery_id: GalleryId, actor: ActorDep, session: SessionDep) -> None:
    """Delete a gallery of yours; its images stay."""
    service.delete(session, actor, gallery_id)


@router.get("/{gallery_id}/members", responses=ABSENT)
def list_members(gallery_id: GalleryId, actor: ActorDep, session: SessionDep) -> list[MemberPublic]:
    """List the owner and the members; addresses are for the owner's eyes."""
    return membership.look(session, actor, gallery_id)


@router.get("/{gallery_id}/candidates", responses=REFUSED)
def list_candidates(
    gallery_id: GalleryId,
    actor: ActorDep,
    session: SessionDep,
    q: Annotated[
        str,
        Query(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$", description="A part of a name."),
    ] = "",
) -> list[PersonOf]:
    """Find up to 20 people who could be members."""
    return membership.candidates(session, actor, gallery_id, q)


@router.put("/{gallery_id}/members/{user_id}", responses=AGAINST)
def put_member(
    gallery_id: GalleryId,
    user_id: UserId,
    wanted: MemberWanted,
    actor: ActorDep,
    session: SessionDep,
) -> MemberPublic:
    """Let somebody in, or give a member another role."""
    return membership.put(session, actor, gallery_id, user_id, wanted.role)


@router.delete("/{gallery_id}/members/{user_id}", status_code=204, responses=AGAINST)
def remove_member(
    gallery_id: GalleryId, user_id: UserId, actor: ActorDep, session: SessionDep
) -> None:
    """Let a member go, or leave."""
    membership.remove(session, actor, gallery_id, user_id)

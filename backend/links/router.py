"""Share links over HTTP, for those who may change a gallery. What a guest opens is `guests`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from backend.accounts.dependencies import ActorDep
from backend.galleries.router import AGAINST, REFUSED, GalleryId
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.links import service
from backend.links.schemas import LinkCreate, LinkPublic

router = APIRouter(prefix="/galleries", tags=["galleries"])

LinkId = Annotated[str, Path(pattern="^[0-9a-z]{1,26}$", description="Id of a share link.")]


@router.get("/{gallery_id}/links", responses=REFUSED)
def list_links(gallery_id: GalleryId, actor: ActorDep, session: SessionDep) -> list[LinkPublic]:
    """List the share links of a gallery that still work."""
    return service.look(session, actor, gallery_id)


@router.post("/{gallery_id}/links", status_code=201, responses=AGAINST)
def create_link(
    gallery_id: GalleryId,
    wanted: LinkCreate,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
) -> LinkPublic:
    """Make a share link, in a browser; its address is told this once."""
    return service.make(session, context.settings, actor, gallery_id, wanted)


@router.delete("/{gallery_id}/links/{link_id}", status_code=204, responses=REFUSED)
def revoke_link(
    gallery_id: GalleryId, link_id: LinkId, actor: ActorDep, session: SessionDep
) -> None:
    """End a share link at once."""
    service.revoke(session, actor, gallery_id, link_id)

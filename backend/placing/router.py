"""Galleries with what is in them, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from backend.accounts.dependencies import ActorDep
from backend.galleries import repository as galleries_of
from backend.galleries import service as galleries
from backend.galleries.router import ABSENT, AGAINST, REFUSED, GalleryId
from backend.galleries.schemas import (
    GalleryChange,
    GalleryCreate,
    GalleryPage,
    GalleryPublic,
    Whose,
)
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.placing import presentation, service
from backend.placing.schemas import ImagesInGallery, ImagesWanted, Placed, TakenOut

router = APIRouter(prefix="/galleries", tags=["galleries"])

_NO_MORE: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "You may not browse."},
    409: {"model": Problem, "description": "You have as many as one person may have."},
}


@router.get("")
def list_galleries(
    actor: ActorDep,
    session: SessionDep,
    of: Annotated[Whose, Query(description="Which of those that you may open.")] = Whose.ALL,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> GalleryPage:
    """List the galleries that you may open, newest first."""
    return presentation.page(session, actor, of, cursor=cursor, limit=limit)


@router.post("", status_code=201, responses=_NO_MORE)
def create_gallery(wanted: GalleryCreate, actor: ActorDep, session: SessionDep) -> GalleryPublic:
    """Make a gallery."""
    return presentation.present(session, actor, [galleries.create(session, actor, wanted)])[0]


@router.get("/{gallery_id}", responses=ABSENT)
def read_gallery(gallery_id: GalleryId, actor: ActorDep, session: SessionDep) -> GalleryPublic:
    """Read about one gallery."""
    found = galleries_of.get(session, actor, gallery_id)
    return presentation.present(session, actor, [found])[0]


@router.patch("/{gallery_id}", responses=AGAINST)
def change_gallery(
    gallery_id: GalleryId, wanted: GalleryChange, actor: ActorDep, session: SessionDep
) -> GalleryPublic:
    """Change brief or cover as an editor; as the owner also name, visibility and owner."""
    changed = galleries.change(session, actor, gallery_id, wanted)
    return presentation.present(session, actor, [changed])[0]


@router.get("/{gallery_id}/images", responses=ABSENT)
def list_images_in_gallery(
    gallery_id: GalleryId,
    actor: ActorDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> ImagesInGallery:
    """List the images of a gallery, the last put in first."""
    return presentation.images(session, actor, gallery_id, cursor=cursor, limit=limit)


@router.post("/{gallery_id}/images", responses=REFUSED)
def place_images(
    gallery_id: GalleryId, wanted: ImagesWanted, actor: ActorDep, session: SessionDep
) -> Placed:
    """Put images into a gallery; those that are refused are named with the reason."""
    return service.place(session, actor, gallery_id, wanted.image_ids)


@router.delete("/{gallery_id}/images", responses=ABSENT)
def take_images_out(
    gallery_id: GalleryId, wanted: ImagesWanted, actor: ActorDep, session: SessionDep
) -> TakenOut:
    """Take images out of a gallery: any as its editor, one's own always."""
    return service.take_out(session, actor, gallery_id, wanted.image_ids)

"""Galleries and their images as somebody sees them: with covers, counts, and the caller's own role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.galleries import repository as galleries_of
from backend.galleries import roles
from backend.galleries.models import Gallery
from backend.galleries.schemas import GalleryPage, GalleryPublic, PersonOf, Whose
from backend.placing import repository
from backend.placing.repository import Tally
from backend.placing.schemas import ImageInGallery, ImagesInGallery

ON_A_COVER: Final = 4


def page(
    session: Session, actor: Actor, whose: Whose, *, cursor: str | None, limit: int
) -> GalleryPage:
    """Return a page of the galleries that `actor` may open, newest first."""
    found, following = galleries_of.page(session, actor, whose, cursor=cursor, limit=limit)
    return GalleryPage(items=present(session, actor, found), next_cursor=following)


def present(session: Session, actor: Actor, rows: Sequence[Gallery]) -> list[GalleryPublic]:
    """Return galleries that `actor` may open as they see them."""
    theirs = roles.of_each(session, actor, rows)
    owners = accounts_of.users_by_id(session, {row.owner_id for row in rows})
    tallies = repository.tallies(session, actor, [row.id for row in rows])
    covers = repository.covers(session, rows, ON_A_COVER)
    return [
        GalleryPublic(
            **row.model_dump(
                include={
                    "id",
                    "name",
                    "brief",
                    "visibility",
                    "cover_id",
                    "created_at",
                    "updated_at",
                }
            ),
            owner=PersonOf(id=row.owner_id, name=owners[row.owner_id].name),
            role=theirs[row.id],
            cover=covers.get(row.id, []),
            count=tallies.get(row.id, Tally()).images,
            approved=tallies.get(row.id, Tally()).approved,
        )
        for row in rows
    ]


def images(
    session: Session, actor: Actor, gallery_id: str, *, cursor: str | None, limit: int
) -> ImagesInGallery:
    """Return a page of the images that `actor` comes across in a gallery.

    Raises:
        NotFound: There is none, or it is not open to them.
    """
    gallery = galleries_of.get(session, actor, gallery_id)
    found, following = repository.page(session, actor, gallery.id, cursor=cursor, limit=limit)
    owners = accounts_of.users_by_id(session, {image.owner_id for image in found})
    items = [
        ImageInGallery(
            id=image.id,
            width=image.width,
            height=image.height,
            prompt=image.parameters.prompt,
            status=image.status,
            owner=PersonOf(id=image.owner_id, name=owners[image.owner_id].name),
            mine=image.owner_id == actor.id,
        )
        for image in found
    ]
    return ImagesInGallery(items=items, next_cursor=following)

"""Shows rows of images as the library does: with owner, tags, one's own star, and whether one may curate them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, col, select

from backend.accounts import repository as accounts
from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.images.service import to_public
from backend.kit.among import among
from backend.library import repository
from backend.library.schemas import LibraryImage, Person


def present(
    session: Session,
    actor: Actor,
    images: Sequence[Image],
    counts: Mapping[str, int] | None = None,
) -> list[LibraryImage]:
    """Return the wire shapes of images that `actor` may read about; `counts` are how many are in their stacks."""
    ids = [image.id for image in images]
    starred = repository.starred_by(session, actor, ids)
    tags = repository.tags_of(session, ids)
    owners = accounts.users_by_id(session, {image.owner_id for image in images})
    curated = repository.curated_by(session, actor, images)
    parents = repository.known_parents(session, actor, images)
    return [
        LibraryImage(
            **dict(to_public(image, actor)),
            status=image.status,
            parent_id=parents.get(image.id),
            stack=image.stack,
            trashed_at=image.trashed_at,
            starred=image.id in starred,
            tags=tags.get(image.id, []),
            owner=Person(id=image.owner_id, name=owners[image.owner_id].name),
            mine=image.owner_id == actor.id,
            stack_count=None if counts is None else counts[image.id],
            can_curate=image.id in curated,
        )
        for image in images
    ]


def present_ids(
    session: Session, actor: Actor, ids: Collection[str], counts: Mapping[str, int] | None = None
) -> list[LibraryImage]:
    """Return the wire shapes of those images, newest first. They were found for this `actor`."""
    rows = session.exec(
        select(Image).where(among(col(Image.id), ids)).order_by(col(Image.id).desc())
    )
    return present(session, actor, rows.all(), counts)

"""What an emergency reaches: generations of a model, images of a category, what was made from an image or is like it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlmodel import Session, col, func, select

from backend.galleries.models import GalleryImage
from backend.generations.models import Generation
from backend.generations.repository import ALIVE
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.among import among
from backend.kit.clock import utc_now
from backend.kit.errors import Conflict, NotFound
from backend.likeness import service as likeness
from backend.links.models import ShareLink
from backend.moderation.models import Flag
from backend.moderation.schemas import FlagState

MOST: Final = 5_000
"""Images that are taken down in one transaction."""


def alive(session: Session, model: str) -> list[Generation]:
    """Return what waits or runs with `model`; with any, where that is empty."""
    rows = session.exec(select(Generation).where(col(Generation.state).in_(ALIVE)))
    return [row for row in rows if not model or row.parameters.model == model]


def released_of(session: Session, category: str) -> list[str]:
    """Return the ids of images that were held in `category` and are shown by now."""
    rows = select(Image.id).join(Flag, col(Flag.image_id) == col(Image.id))
    shown = rows.where(
        Flag.category == category,
        Flag.state == FlagState.RELEASED,
        Image.moderation == Moderation.RELEASED,
    )
    return list(session.exec(shown.order_by(col(Image.id)).limit(MOST)))


def image(session: Session, image_id: str) -> Image:
    """Return an image that is shown to somebody.

    Raises:
        NotFound: There is none.
        Conflict: It is held, rejected, or not judged yet.
    """
    found = session.get(Image, image_id)
    if found is None:
        raise NotFound(f"There is no image {image_id!r}.")
    if found.moderation is not Moderation.RELEASED:
        raise Conflict(f"This image is {found.moderation}; nobody but reviewers sees it.")
    return found


def locked(session: Session, ids: Collection[str]) -> list[Image]:
    """Return those of the images that are shown, by id, locked until the transaction ends."""
    rows = select(Image).where(among(col(Image.id), ids), Image.moderation == Moderation.RELEASED)
    fresh = rows.order_by(col(Image.id)).with_for_update()
    return list(session.exec(fresh.execution_options(populate_existing=True)))


def made_from(session: Session, image_id: str) -> set[str]:
    """Return the ids of what was made from an image, and from that, and so on, and is shown."""
    known, shown, fresh = {image_id}, set[str](), {image_id}
    while fresh and len(known) <= MOST:
        rows = select(Image.id, Image.moderation).where(among(col(Image.parent_id), fresh))
        found = dict(session.exec(rows).all())
        fresh = found.keys() - known
        known |= fresh
        shown |= {key for key in fresh if found[key] is Moderation.RELEASED}
    return shown


def like(session: Session, image: Image) -> set[str]:
    """Return the ids of what is about the same picture as `image` and is shown."""
    ids = {*likeness.near_duplicates(session, image), *_drawn_the_same(session, image)}
    rows = select(Image.id).where(
        among(col(Image.id), ids - {image.id}), Image.moderation == Moderation.RELEASED
    )
    return set(session.exec(rows))


def placed(session: Session, image_id: str) -> tuple[int, int]:
    """Return how many galleries have an image, and how many share links lead to those."""
    galleries = select(GalleryImage.gallery_id).where(GalleryImage.image_id == image_id)
    links = select(func.count()).where(
        col(ShareLink.gallery_id).in_(galleries),
        col(ShareLink.revoked_at).is_(None),
        col(ShareLink.expires_at) > utc_now(),
    )
    count = select(func.count()).select_from(galleries.subquery())
    return session.exec(count).one(), session.exec(links).one()


def _drawn_the_same(session: Session, image: Image) -> list[str]:
    if image.result_key is None:
        return []
    return list(session.exec(select(Image.id).where(Image.result_key == image.result_key)))

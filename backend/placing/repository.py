"""Rows of images in galleries, found for whoever may come across them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, case, delete, func
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation, Status
from backend.kit.clock import utc_now
from backend.kit.database import insert_into
from backend.kit.ids import new_id
from backend.kit.pagination import cut, decode_cursor


class Tally(NamedTuple):
    """How many images somebody comes across in a gallery, and how many of them are approved."""

    images: int = 0
    approved: int = 0


def visible_among(session: Session, actor: Actor, ids: Collection[str]) -> dict[str, Image]:
    """Return those of the images of these ids that `actor` comes across."""
    rows = select(Image).where(col(Image.id).in_(ids), images.visible_to(actor))
    return {image.id: image for image in session.exec(rows)}


def open_to_everyone(session: Session, ids: Collection[str]) -> set[str]:
    """Return those of `ids` that are in a gallery which everyone may open."""
    rows = select(Image.id).where(
        col(Image.id).in_(ids), col(Image.id).in_(galleries.placed_for_everyone())
    )
    return set(session.exec(rows))


def put(session: Session, gallery_id: str, ids: Collection[str], by: str) -> None:
    """Put images into a gallery; those that are in it already stay as they are."""
    now = utc_now()
    rows = [
        {"id": new_id(), "gallery_id": gallery_id, "image_id": one, "added_by": by, "added_at": now}
        for one in ids
    ]
    if rows:
        session.execute(insert_into(session, GalleryImage).values(rows).on_conflict_do_nothing())


def take(session: Session, gallery_id: str, ids: Collection[str]) -> None:
    """Take images out of a gallery."""
    held = and_(col(GalleryImage.gallery_id) == gallery_id, col(GalleryImage.image_id).in_(ids))
    session.execute(delete(GalleryImage).where(held))


def owners_of_held(session: Session, gallery_id: str, ids: Collection[str]) -> dict[str, str]:
    """Return whose those of the images of these ids are that are in a gallery."""
    rows = (
        select(Image.id, Image.owner_id)
        .join(GalleryImage, col(GalleryImage.image_id) == col(Image.id))
        .where(GalleryImage.gallery_id == gallery_id, col(Image.id).in_(ids))
    )
    return {image_id: owner_id for image_id, owner_id in session.exec(rows)}  # noqa: C416 - typed rows


def page(
    session: Session, actor: Actor, gallery_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Image], str | None]:
    """Return the images of a gallery that `actor` comes across, the last put in first, and the next cursor."""
    rows = (
        select(GalleryImage.id, Image)
        .join(Image, col(Image.id) == col(GalleryImage.image_id))
        .where(GalleryImage.gallery_id == gallery_id, images.visible_to(actor))
    )
    if cursor is not None:
        rows = rows.where(col(GalleryImage.id) < decode_cursor(cursor))
    newest = rows.order_by(col(GalleryImage.id).desc()).limit(limit + 1)
    found, following = cut(list(session.exec(newest)), limit, lambda row: row[0])
    return [image for _, image in found], following


def tallies(session: Session, actor: Actor, gallery_ids: Collection[str]) -> dict[str, Tally]:
    """Return how many images `actor` comes across in each gallery; one without any is left out."""
    approved = func.sum(case((col(Image.status) == Status.APPROVED, 1), else_=0))
    rows = (
        select(GalleryImage.gallery_id, func.count(), approved)
        .join(Image, col(Image.id) == col(GalleryImage.image_id))
        .where(col(GalleryImage.gallery_id).in_(gallery_ids), images.visible_to(actor))
        .group_by(col(GalleryImage.gallery_id))
    )
    return {one: Tally(count, int(good)) for one, count, good in session.exec(rows)}


def covers(session: Session, rows: Collection[Gallery], most: int) -> dict[str, list[str]]:
    """Return for each gallery the ids of up to `most` released images: the chosen one, then the newest."""
    chosen = case((col(Image.id) == col(Gallery.cover_id), 0), else_=1)
    place = func.row_number().over(
        partition_by=col(GalleryImage.gallery_id), order_by=(chosen, col(GalleryImage.id).desc())
    )
    ranked = (
        select(
            col(GalleryImage.gallery_id).label("gallery"),
            col(Image.id).label("image"),
            place.label("place"),
        )
        .join(Image, col(Image.id) == col(GalleryImage.image_id))
        .join(Gallery, col(Gallery.id) == col(GalleryImage.gallery_id))
        .where(
            col(GalleryImage.gallery_id).in_([row.id for row in rows]),
            col(Image.moderation) == Moderation.RELEASED,
            col(Image.trashed_at).is_(None),
        )
        .subquery()
    )
    first = select(ranked.c.gallery, ranked.c.image).where(ranked.c.place <= most)
    found: dict[str, list[str]] = defaultdict(list)
    for gallery_id, image_id in session.execute(first.order_by(ranked.c.gallery, ranked.c.place)):
        found[gallery_id].append(image_id)
    return found

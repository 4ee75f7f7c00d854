"""The door to what people put on images: tags and stars; and to whose galleries let whom curate what."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import or_
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.galleries.schemas import MemberRole
from backend.images import repository as images
from backend.images.models import Image
from backend.kit.among import among
from backend.library.models import ImageStar, ImageTag
from backend.uploads import repository as uploads

MOST_RELATIVES = 100


def tags_of(session: Session, ids: Collection[str]) -> dict[str, list[str]]:
    """Return the tags of each of these images, the oldest first."""
    found: dict[str, list[str]] = {}
    query = select(ImageTag.image_id, ImageTag.tag).where(among(col(ImageTag.image_id), ids))
    for image_id, tag in session.exec(query.order_by(ImageTag.id)):
        found.setdefault(image_id, []).append(tag)
    return found


def starred_by(session: Session, actor: Actor, ids: Collection[str]) -> set[str]:
    """Return which of these images `actor` has starred."""
    query = select(ImageStar.image_id).where(ImageStar.user_id == actor.id)
    return set(session.exec(query.where(among(col(ImageStar.image_id), ids))))


def curated_by(session: Session, actor: Actor, some: Iterable[Image]) -> set[str]:
    """Return which of these images `actor` may curate: their own, and what is in galleries that they edit."""
    some = list(some)
    own = {image.id for image in some if image.owner_id == actor.id}
    others = [image.id for image in some if image.owner_id != actor.id]
    if not others:
        return own
    edited = select(GalleryMember.gallery_id).where(
        col(GalleryMember.user_id) == actor.id, col(GalleryMember.role) == MemberRole.EDITOR
    )
    theirs = (
        galleries.openable_by(actor)
        .where(or_(col(Gallery.owner_id) == actor.id, col(Gallery.id).in_(edited)))
        .with_only_columns(col(Gallery.id))
    )
    query = select(GalleryImage.image_id).where(
        among(col(GalleryImage.image_id), others), col(GalleryImage.gallery_id).in_(theirs)
    )
    return own | set(session.exec(query))


def visible(
    session: Session, actor: Actor, ids: Collection[str], *, to_change: bool = False
) -> dict[str, Image]:
    """Return those of these images that `actor` may come across, or has in their own trash.

    `to_change` keeps others from them until this transaction ends.
    """
    mine = col(Image.owner_id) == actor.id
    query = select(Image).where(among(col(Image.id), ids), or_(mine, images.visible_to(actor)))
    if to_change:
        query = query.order_by(Image.id).with_for_update()
    return {image.id: image for image in session.exec(query)}


def ancestors_of(session: Session, actor: Actor, image: Image) -> list[Image]:
    """Return what `image` was made from and that `actor` may come across, the oldest first.

    It ends at what is gone or not to be seen: nobody learns what lies behind that.
    """
    found: list[Image] = []
    seen = {image.id}
    parent_id = image.parent_id
    while parent_id and parent_id not in seen and len(found) < MOST_RELATIVES:
        seen.add(parent_id)
        query = select(Image).where(Image.id == parent_id, images.visible_to(actor))
        parent = session.exec(query).one_or_none()
        if parent is None:
            break
        found.append(parent)
        parent_id = parent.parent_id
    return found[::-1]


def upload_under(session: Session, actor: Actor, image: Image) -> str | None:
    """Return the id of the actor's upload that `image` was drawn over, if it is still there."""
    named = image.parameters.init_image
    if named is None or image.owner_id != actor.id:
        return None
    return named if uploads.own_among(session, actor, [named]) else None


def known_parents(session: Session, actor: Actor, shown: Collection[Image]) -> dict[str, str]:
    """Return what each of these was made from: of one's own always, of others' where `actor` may read about it."""
    made = {image.id: image.parent_id for image in shown if image.parent_id}
    mine = {image.id for image in shown if image.owner_id == actor.id}
    asked = {parent for image, parent in made.items() if image not in mine}
    rows = images.readable_by(actor).where(among(col(Image.id), asked))
    known = {row.id for row in session.exec(rows)} if asked else set()
    return {image: parent for image, parent in made.items() if image in mine or parent in known}


def children_of(session: Session, actor: Actor, image: Image) -> list[Image]:
    """Return what was made from `image` and `actor` may come across, the newest first."""
    query = select(Image).where(Image.parent_id == image.id, images.visible_to(actor))
    return list(session.exec(query.order_by(col(Image.id).desc()).limit(MOST_RELATIVES)))

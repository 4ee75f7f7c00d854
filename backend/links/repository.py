"""The door to rows of share links, and to the images that a guest is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, delete, func, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.models import Standing, User
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.errors import NotFound
from backend.kit.pagination import cut, decode_cursor, encode_cursor
from backend.links.models import ShareLink


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def opened(session: Session, token: str, now: datetime) -> tuple[ShareLink, Gallery] | None:
    """Return the link of that token and its gallery, if it still leads there.

    It does for as long as who made it is active and may change that gallery.
    """
    query = (
        select(ShareLink, User.standing)
        .join(User, col(User.id) == col(ShareLink.created_by))
        .where(ShareLink.token_hash == digest_of(token), _lives(now))
    )
    found = session.exec(query).one_or_none()
    if found is None or found[1] is not Standing.ACTIVE:
        return None
    link = found[0]
    gallery = galleries.edited_by(session, link.created_by, link.gallery_id)
    return None if gallery is None else (link, gallery)


def live(session: Session, gallery_id: str, now: datetime) -> list[ShareLink]:
    """Return the links of a gallery that were not revoked and have not expired, newest first."""
    rows = select(ShareLink).where(ShareLink.gallery_id == gallery_id, _lives(now))
    return list(session.exec(rows.order_by(col(ShareLink.id).desc())))


def get(session: Session, gallery_id: str, link_id: str) -> ShareLink:
    """Return a link of that gallery.

    Raises:
        NotFound: There is none.
    """
    query = select(ShareLink).where(ShareLink.id == link_id, ShareLink.gallery_id == gallery_id)
    found = session.exec(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(f"There is no share link {link_id!r} of this gallery.")
    return found


def forget_ended(session: Session, gallery_id: str, before: datetime) -> None:
    """Delete the links of a gallery that ended before that moment."""
    ended = or_(col(ShareLink.expires_at) < before, col(ShareLink.revoked_at) < before)
    session.execute(delete(ShareLink).where(col(ShareLink.gallery_id) == gallery_id, ended))


def count_visit(session: Session, link_id: str, now: datetime) -> None:
    """Note that a link's page is shown."""
    this = update(ShareLink).where(col(ShareLink.id) == link_id)
    session.execute(this.values(visits=ShareLink.visits + 1, last_visit_at=now))


def count_images(session: Session, gallery_id: str) -> int:
    """Return how many images guests are shown of a gallery."""
    shown = _shown(gallery_id).subquery()
    return session.exec(select(func.count()).select_from(shown)).one()


def images(
    session: Session, gallery_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Image], str | None]:
    """Return a page of the images that guests are shown, the last put in first, and the next cursor.

    Raises:
        Unprocessable: The cursor is not one of ours.
    """
    rows = select(GalleryImage.id, Image).join(Image, col(Image.id) == col(GalleryImage.image_id))
    rows = rows.where(col(Image.id).in_(_shown(gallery_id)), GalleryImage.gallery_id == gallery_id)
    if cursor is not None:
        rows = rows.where(col(GalleryImage.id) < decode_cursor(cursor))
    found = list(session.exec(rows.order_by(col(GalleryImage.id).desc()).limit(limit + 1)))
    page, following = cut(found, limit, lambda row: row[0])
    return [image for _, image in page], following


def marks_of(session: Session, gallery_id: str, images: Sequence[Image]) -> tuple[str, str]:
    """Return where the first and the last of these images of a gallery stand in it, the last put in first."""
    ends = {images[0].id, images[-1].id}
    rows = select(GalleryImage.id).where(
        GalleryImage.gallery_id == gallery_id, col(GalleryImage.image_id).in_(ends)
    )
    found = sorted(session.exec(rows))
    return encode_cursor(found[-1]), encode_cursor(found[0])


def between(
    session: Session, gallery_id: str, newest: str, oldest: str, *, limit: int
) -> list[str]:
    """Return the ids of what guests are shown of a gallery from one mark to the other, at most `limit`.

    Raises:
        Unprocessable: A mark is not one of ours.
    """
    rows = select(GalleryImage.image_id).where(
        GalleryImage.gallery_id == gallery_id,
        col(GalleryImage.image_id).in_(_shown(gallery_id)),
        col(GalleryImage.id) <= decode_cursor(newest),
        col(GalleryImage.id) >= decode_cursor(oldest),
    )
    return list(session.exec(rows.order_by(col(GalleryImage.id).desc()).limit(limit)))


def image(session: Session, gallery_id: str, image_id: str) -> Image | None:
    """Return one image of a gallery, if guests are shown it."""
    query = select(Image).where(Image.id == image_id, col(Image.id).in_(_shown(gallery_id)))
    return session.exec(query).one_or_none()


def _shown(gallery_id: str) -> SelectOfScalar[str]:
    """Select the ids of what guests are shown: released, not thrown away, of somebody who is still active."""
    rows = (
        select(Image.id)
        .join(GalleryImage, col(GalleryImage.image_id) == col(Image.id))
        .join(User, col(User.id) == col(Image.owner_id))
    )
    return rows.where(
        GalleryImage.gallery_id == gallery_id,
        Image.moderation == Moderation.RELEASED,
        col(Image.trashed_at).is_(None),
        User.standing == Standing.ACTIVE,
    )


def _lives(now: datetime) -> ColumnElement[bool]:
    return and_(col(ShareLink.revoked_at).is_(None), col(ShareLink.expires_at) > now)

"""The door to gallery rows. What is not open to somebody and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.models import Standing, User
from backend.accounts.permissions import BROWSE
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.galleries.schemas import MemberRole, Visibility, Whose
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page

MOST_CANDIDATES: Final = 20


def openable_by(actor: Actor) -> SelectOfScalar[Gallery]:
    """Select the galleries that `actor` may open."""
    return select(Gallery).where(_may_open(actor))


def shows(actor: Actor, image_id: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Return that a gallery which `actor` may open has the image of the column `image_id`.

    Asked for one image after another, so that few are looked at where few are wanted.
    """
    placed = select(GalleryImage.id).join(Gallery, col(Gallery.id) == col(GalleryImage.gallery_id))
    placed = placed.where(col(GalleryImage.image_id) == image_id, _may_open(actor))
    return placed.correlate_except(GalleryImage, Gallery).exists()


def placed_for_everyone() -> SelectOfScalar[str]:
    """Select the ids of images in galleries that everyone may open, to be used inside a statement."""
    return _placed().where(col(Gallery.visibility) == Visibility.EVERYONE)


def placed_for_comments(actor: Actor) -> SelectOfScalar[str]:
    """Select the ids of images in galleries in which `actor` may comment, to be used inside a statement."""
    if not actor.may(BROWSE):
        return _placed().where(false())
    able = select(GalleryMember.gallery_id).where(
        col(GalleryMember.user_id) == actor.id, col(GalleryMember.role) != MemberRole.VIEWER
    )
    theirs = or_(
        col(Gallery.owner_id) == actor.id, col(Gallery.id).in_(able), _of_their_team(actor)
    )
    return _placed().where(theirs)


def owns_one_with(session: Session, user_id: str, image_id: str) -> bool:
    """Return whether a gallery of that person has that image."""
    query = _placed().where(Gallery.owner_id == user_id, GalleryImage.image_id == image_id)
    return session.exec(query).first() is not None


def get(session: Session, actor: Actor, gallery_id: str, *, to_change: bool = False) -> Gallery:
    """Return one gallery that `actor` may open; to be changed, nobody else changes it until this transaction ends.

    Raises:
        NotFound: There is none, or it is not open to them.
    """
    query = openable_by(actor).where(Gallery.id == gallery_id)
    if to_change:
        query = query.with_for_update(of=Gallery, key_share=True).execution_options(
            populate_existing=True
        )
    found = session.exec(query).one_or_none()
    if found is None:
        raise no_such_gallery(gallery_id)
    return found


def no_such_gallery(gallery_id: str) -> NotFound:
    """Return the one answer for galleries that are absent, or not open to whoever asks."""
    return NotFound(f"There is no gallery {gallery_id!r} that you can open.")


def page(
    session: Session, actor: Actor, whose: Whose, *, cursor: str | None, limit: int
) -> tuple[list[Gallery], str | None]:
    """Return a page of the galleries that `actor` may open, newest first, and the next cursor."""
    rows = openable_by(actor).where(_of(actor, whose))
    return fetch_page(session, rows, Gallery.id, cursor=cursor, limit=limit)


def count_owned(session: Session, owner_id: str) -> int:
    """Return how many galleries are that person's."""
    return session.exec(select(func.count()).where(Gallery.owner_id == owner_id)).one()


def memberships(
    session: Session, user_id: str, gallery_ids: Collection[str]
) -> dict[str, MemberRole]:
    """Return what that person is in those of the galleries of which they are a member."""
    rows = select(GalleryMember).where(
        GalleryMember.user_id == user_id, col(GalleryMember.gallery_id).in_(gallery_ids)
    )
    return {row.gallery_id: row.role for row in session.exec(rows)}


def members(session: Session, gallery_id: str) -> list[tuple[GalleryMember, User]]:
    """Return the members of a gallery by name, with who they are."""
    rows = select(GalleryMember, User).join(User, col(User.id) == col(GalleryMember.user_id))
    of_it = rows.where(GalleryMember.gallery_id == gallery_id)
    return list(session.exec(of_it.order_by(func.lower(User.name), col(User.id))))


def member(session: Session, gallery_id: str, user_id: str) -> GalleryMember | None:
    """Return that person's membership, if there is one."""
    query = select(GalleryMember).where(
        GalleryMember.gallery_id == gallery_id, GalleryMember.user_id == user_id
    )
    return session.exec(query).one_or_none()


def count_members(session: Session, gallery_id: str) -> int:
    """Return how many members a gallery has."""
    return session.exec(select(func.count()).where(GalleryMember.gallery_id == gallery_id)).one()


def candidates(session: Session, gallery: Gallery, words: str) -> list[User]:
    """Return some active people whose name contains `words` and who are not in the gallery yet, by name."""
    inside = select(GalleryMember.user_id).where(GalleryMember.gallery_id == gallery.id)
    rows = select(User).where(
        User.standing == Standing.ACTIVE,
        User.id != gallery.owner_id,
        col(User.id).not_in(inside),
        col(User.name).icontains(words, autoescape=True) if words else true(),
    )
    by_name = rows.order_by(func.lower(User.name), col(User.id))
    return list(session.exec(by_name.limit(MOST_CANDIDATES)))


def holds(session: Session, gallery_id: str, image_id: str) -> bool:
    """Return whether that image was put into that gallery."""
    query = select(GalleryImage.id).where(
        GalleryImage.gallery_id == gallery_id, GalleryImage.image_id == image_id
    )
    return session.exec(query).first() is not None


def edited_by(session: Session, user_id: str, gallery_id: str) -> Gallery | None:
    """Return that gallery if the person is its owner or one of its editors, whoever asks."""
    query = select(Gallery).where(Gallery.id == gallery_id, _edits(user_id))
    return session.exec(query).one_or_none()


def names_edited_by(session: Session, user_id: str, gallery_ids: Collection[str]) -> dict[str, str]:
    """Return the names of those of the galleries of which that person is the owner or an editor."""
    query = select(Gallery.id, Gallery.name)
    found = query.where(col(Gallery.id).in_(gallery_ids), _edits(user_id))
    return dict(session.exec(found).all())


def _edits(user_id: str) -> ColumnElement[bool]:
    editing = select(GalleryMember.gallery_id).where(
        GalleryMember.user_id == user_id, col(GalleryMember.role) == MemberRole.EDITOR
    )
    return or_(col(Gallery.owner_id) == user_id, col(Gallery.id).in_(editing))


def _placed() -> SelectOfScalar[str]:
    placed = select(GalleryImage.image_id)
    return placed.join(Gallery, col(Gallery.id) == col(GalleryImage.gallery_id))


def _of(actor: Actor, whose: Whose) -> ColumnElement[bool]:
    owned = col(Gallery.owner_id) == actor.id
    match whose:
        case Whose.MINE:
            return owned
        case Whose.SHARED:
            return and_(~owned, or_(_invited(actor), _of_their_team(actor)))
        case Whose.EVERYONE:
            return col(Gallery.visibility) == Visibility.EVERYONE
        case Whose.ALL:
            return true()


def _may_open(actor: Actor) -> ColumnElement[bool]:
    if not actor.may(BROWSE):
        return false()
    return or_(
        col(Gallery.owner_id) == actor.id,
        col(Gallery.visibility) == Visibility.EVERYONE,
        _invited(actor),
        _of_their_team(actor),
    )


def _invited(actor: Actor) -> ColumnElement[bool]:
    invited = select(GalleryMember.gallery_id).where(col(GalleryMember.user_id) == actor.id)
    return col(Gallery.id).in_(invited)


def _of_their_team(actor: Actor) -> ColumnElement[bool]:
    if actor.team_id is None:
        return false()
    return and_(col(Gallery.visibility) == Visibility.TEAM, col(Gallery.team_id) == actor.team_id)

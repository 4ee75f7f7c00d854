"""The door to gallery rows. What is not open to somebody and what is not there look the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.permissions import BROWSE
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.galleries.schemas import Visibility


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


def _may_open(actor: Actor) -> ColumnElement[bool]:
    if not actor.may(BROWSE):
        return false()
    invited = select(GalleryMember.gallery_id).where(col(GalleryMember.user_id) == actor.id)
    theirs = and_(col(Gallery.visibility) == Visibility.TEAM, col(Gallery.team_id) == actor.team_id)
    return or_(
        col(Gallery.owner_id) == actor.id,
        col(Gallery.visibility) == Visibility.EVERYONE,
        col(Gallery.id).in_(invited),
        false() if actor.team_id is None else theirs,
    )

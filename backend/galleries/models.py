"""The rows of galleries, of their members and of the images in them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.galleries.schemas import MemberRole, Visibility
from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id

_ID = 26


def _goes_with(table: str, *, index: bool = False) -> Column[str]:
    """Return a column that refers to a row of `table`, and whose row goes when that one goes."""
    to = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(String(_ID), to, nullable=False, index=index)


class Gallery(SQLModel, table=True):
    """A gallery. Its owner may do everything in it; `visibility` and members say who else may what."""

    __tablename__ = "gallery"
    __table_args__: ClassVar = (Index("ix_gallery_owner", "owner_id", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", max_length=_ID)
    name: str = Field(max_length=80)
    brief: str = Field(default="", max_length=4000, description="What it is for, in plain text.")
    visibility: Visibility = Field(
        default=Visibility.PRIVATE,
        sa_column=Column(stored_words(Visibility, length=12), nullable=False, index=True),
    )
    team_id: str | None = Field(
        default=None,
        foreign_key="team.id",
        index=True,
        max_length=_ID,
        description="The team that may open it while `visibility` is team.",
    )
    # No foreign key: the image may be gone, and another is shown then.
    cover_id: str | None = Field(default=None, max_length=_ID)
    created_at: datetime = Field(default_factory=clock.late_now)
    updated_at: datetime = Field(default_factory=clock.late_now)


class GalleryMember(SQLModel, table=True):
    """A person who may open a gallery, and what they may do in it."""

    __tablename__ = "gallery_member"
    __table_args__: ClassVar = (UniqueConstraint("gallery_id", "user_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    gallery_id: str = Field(sa_column=_goes_with("gallery"))
    user_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    role: MemberRole = Field(
        default=MemberRole.VIEWER,
        sa_column=Column(stored_words(MemberRole, length=12), nullable=False),
    )
    added_at: datetime = Field(default_factory=clock.late_now)


class GalleryImage(SQLModel, table=True):
    """An image that somebody put into a gallery; it goes when either goes."""

    __tablename__ = "gallery_image"
    __table_args__: ClassVar = (UniqueConstraint("gallery_id", "image_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    gallery_id: str = Field(sa_column=_goes_with("gallery"))
    image_id: str = Field(sa_column=_goes_with("image", index=True))
    added_by: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    added_at: datetime = Field(default_factory=clock.late_now)

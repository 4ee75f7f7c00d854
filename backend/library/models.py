"""What is kept so that images are found: their words, tags, stars, and the searches that people saved."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id
from inference.protocol.loras import MAX_NAME

_ID = 26
NAME_LENGTH, QUERY_LENGTH, TAG_LENGTH = 80, 1000, 40


def _with_image(*, unique: bool = False, index: bool = False) -> Column[str]:
    """Return a column that names an image, and whose row goes when the image goes."""
    to = ForeignKey("image.id", ondelete="CASCADE")
    return Column("image_id", String(_ID), to, nullable=False, unique=unique, index=index)


class SearchEntry(SQLModel, table=True):
    """What is looked at to find one image. The database indexes `words` by itself: see migration 0015.

    Numbers grow as images are made, so the newest first is also the highest number first.
    """

    __tablename__ = "search_entry"

    number: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    )
    image_id: str = Field(sa_column=_with_image(unique=True))
    words: str = Field(
        sa_column=Column(Text, nullable=False), description="Folded, a blank around each."
    )
    model: str = Field(max_length=100, index=True)
    seed: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))


class ImageLora(SQLModel, table=True):
    """A LoRA that an image was drawn with."""

    __tablename__ = "image_lora"
    __table_args__: ClassVar = (Index("ix_image_lora_name", "name", "image_id"),)

    image_id: str = Field(
        sa_column=Column(
            "image_id",
            String(_ID),
            ForeignKey("image.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        )
    )
    name: str = Field(primary_key=True, max_length=MAX_NAME)


class ImageTag(SQLModel, table=True):
    """A word that somebody put on an image; everybody who sees the image sees it."""

    __tablename__ = "image_tag"
    __table_args__: ClassVar = (
        UniqueConstraint("image_id", "folded"),
        Index("ix_image_tag_folded", "folded", "image_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    image_id: str = Field(sa_column=_with_image())
    tag: str = Field(max_length=TAG_LENGTH, description="As it was first written.")
    folded: str = Field(max_length=3 * TAG_LENGTH, description="As it is compared.")
    added_by: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    added_at: datetime = Field(default_factory=clock.late_now)


class ImageStar(SQLModel, table=True):
    """An image that one person marked for themselves."""

    __tablename__ = "image_star"
    __table_args__: ClassVar = (UniqueConstraint("user_id", "image_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    user_id: str = Field(foreign_key="user_account.id", max_length=_ID)
    image_id: str = Field(sa_column=_with_image(index=True))
    added_at: datetime = Field(default_factory=clock.late_now)


class SavedSearch(SQLModel, table=True):
    """A search that a person keeps under a name."""

    __tablename__ = "saved_search"
    __table_args__: ClassVar = (Index("ix_saved_search_owner", "owner_id", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", max_length=_ID)
    name: str = Field(max_length=NAME_LENGTH)
    query: str = Field(max_length=QUERY_LENGTH)
    pinned: bool = Field(default=False)
    created_at: datetime = Field(default_factory=clock.late_now)

"""The row of a comment on an image; it goes when the image goes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from backend.comments.schemas import LONGEST_TEXT
from backend.kit import clock
from backend.kit.ids import new_id

_ID = 26


class Comment(SQLModel, table=True):
    """What somebody said about an image."""

    __tablename__ = "comment"
    __table_args__: ClassVar = (Index("ix_comment_image", "image_id", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    image_id: str = Field(
        sa_column=Column(String(_ID), ForeignKey("image.id", ondelete="CASCADE"), nullable=False)
    )
    author_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    text: str = Field(max_length=LONGEST_TEXT)
    created_at: datetime = Field(default_factory=clock.late_now)

"""The wire shapes of comments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.galleries.schemas import PersonOf
from backend.kit.wording import READ

LONGEST_TEXT: Final = 2000
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"
    ),
    READ,
]


class CommentCreate(BaseModel):
    """A comment to be made, in plain text."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "The collar is too wide."}]}
    )

    text: Text


class CommentPublic(BaseModel):
    """A comment as whoever may see its image reads it."""

    id: str
    image_id: str
    author: PersonOf
    text: str
    created_at: datetime
    mine: bool = Field(description="Whether the caller wrote it.")
    can_remove: bool = Field(description="Whether the caller may remove it.")


class CommentPage(BaseModel):
    """Some comments, newest first."""

    items: list[CommentPublic]
    next_cursor: str | None = None
    can_comment: bool = Field(description="Whether the caller may write one.")

"""The wire shapes of legal holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class SubjectKind(StrEnum):
    """What a legal hold can be about. A person's covers everything of theirs; an image's, its generation."""

    PERSON = "person"
    GENERATION = "generation"
    IMAGE = "image"


class LegalHoldCreate(BaseModel):
    """A legal hold to be placed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    subject: str = Field(
        pattern="^(person|generation|image):[0-9a-z]{1,26}$",
        description="What must not be deleted: `person:ID`, `generation:ID` or `image:ID`.",
        examples=["person:01m7xxtq72y599hfwczfvzjz52"],
    )
    reason: str = Field(
        min_length=1,
        max_length=1000,
        description="Why, for other administrators.",
        examples=["Dispute 2026-114, until the court has decided."],
    )


class LegalHoldPublic(BaseModel):
    """A legal hold, as an administrator reads it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    subject: str
    reason: str
    placed_by: str | None = Field(description="Whose decision; null is the command line.")
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None = Field(description="Null while it stands.")


class LegalHoldPage(BaseModel):
    """Some legal holds, newest first."""

    items: list[LegalHoldPublic]
    next_cursor: str | None = None

"""The wire shapes of leaving: what was handed on, and the report of an erasure."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Transfer(BaseModel):
    """Who gets the work."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(
        max_length=26,
        description="Id of the person who gets it.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    )


class Transferred(BaseModel):
    """How much was handed on."""

    generations: int
    images: int
    galleries: int
    grids: int
    runs: int


class ErasureConfirmation(BaseModel):
    """That it is this person who is meant."""

    model_config = ConfigDict(extra="forbid")

    confirm: str = Field(
        default="",
        max_length=320,
        description="The person's e-mail address once more, or their id where they have none; "
        "not needed with `dry_run`.",
        examples=["dana@example.com"],
    )


class Kept(BaseModel):
    """Something that an erasure leaves."""

    what: str
    why: str


class ErasureReport(BaseModel):
    """What an erasure has removed, or would remove, and what it leaves and why. Names nobody but by id."""

    id: str | None = Field(description="Null for a dry run.")
    person_id: str
    dry_run: bool = Field(description="Whether nothing was done.")
    asked_by: str | None = Field(description="Null: it was said on the command line.")
    asked_at: datetime
    ended_at: datetime | None = Field(description="Null until nothing is left.")
    removed: dict[str, int] = Field(
        description="Rows by kind, and files.", examples=[{"generations": 12, "files": 36}]
    )
    kept: list[Kept]
    legal_hold: str | None = Field(description="The legal hold that forbids it now, if one does.")


class ErasurePage(BaseModel):
    """Some erasures, newest first."""

    items: list[ErasureReport]
    next_cursor: str | None = None


class Emptied(BaseModel):
    """How much of one's trash was deleted for good."""

    deleted: int
    kept: int = Field(description="Images that a legal hold keeps there.")
    left: int = Field(description="Images still to be deleted: ask again.")

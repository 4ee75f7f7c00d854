"""The row of an erasure: that it was asked for, how far it is, and the report of it. Nothing in it is about the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id


class Erasure(SQLModel, table=True):
    """Everything of one person is being erased, or was."""

    __tablename__ = "erasure"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    person_id: str = Field(foreign_key="user_account.id", index=True, max_length=26)
    asked_by: str | None = Field(
        default=None,
        foreign_key="user_account.id",
        max_length=26,
        description="Nobody: it was said on the command line.",
    )
    asked_at: datetime = Field(default_factory=clock.late_now)
    ended_at: datetime | None = None
    removed: dict[str, int] = Field(
        default_factory=dict,
        sa_column=Column(JSON, nullable=False),
        description="How many rows of each kind, and how many files, have gone so far.",
    )

"""The row of something that takes two people."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id

_STANDING = text("outcome IS NULL")


class Outcome(StrEnum):
    """How it ended."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Approval(SQLModel, table=True):
    """One person asked for `what` on `subject`; it stands until another confirms it, somebody takes it back, or its time is over."""

    __tablename__ = "approval"
    __table_args__: ClassVar = (
        Index(
            "ix_approval_standing",
            "subject",
            "what",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    what: str = Field(max_length=40, description="A verb, as the audit writes it.")
    subject: str = Field(max_length=120)
    digest: str = Field(max_length=64, description="Of all that was asked for.")
    note: str | None = Field(default=None, max_length=500)
    asked_by: str = Field(foreign_key="user_account.id", max_length=26)
    asked_at: datetime = Field(default_factory=clock.late_now)
    expires_at: datetime
    confirmed_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    ended_at: datetime | None = None
    outcome: Outcome | None = Field(
        default=None, sa_column=Column(stored_words(Outcome, length=12), nullable=True)
    )

"""The row of a legal hold. It stays when the hold is lifted, and when what it was about is gone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id
from backend.legalholds.schemas import SubjectKind


class LegalHold(SQLModel, table=True):
    """A person, a generation or an image of which nothing may be deleted while `lifted_at` is empty."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_subject", "kind", "subject_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    kind: SubjectKind = Field(
        sa_column=Column(stored_words(SubjectKind, length=12), nullable=False)
    )
    # No foreign key: the row is still to be read when what it was about has been erased.
    subject_id: str = Field(max_length=26)
    reason: str = Field(max_length=1000)
    placed_by: str | None = Field(
        default=None,
        foreign_key="user_account.id",
        max_length=26,
        description="Nobody: it was said on the command line.",
    )
    placed_at: datetime = Field(default_factory=clock.late_now)
    lifted_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    lifted_at: datetime | None = None

    @property
    def subject(self) -> str:
        """What it is about, as the audit writes it."""
        return f"{self.kind}:{self.subject_id}"

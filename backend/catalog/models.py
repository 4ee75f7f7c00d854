"""The rows of what administrators chose about models. A model without a row is on, as inference offers it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.accounts.models import LONGEST_MODEL_NAME
from backend.kit import clock


class ModelChoice(SQLModel, table=True):
    """Whether new generations may ask for a model, and whether it is the one that draws when none is named."""

    __tablename__ = "model_choice"
    __table_args__: ClassVar = (
        Index(
            "ix_model_choice_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    model: str = Field(primary_key=True, max_length=LONGEST_MODEL_NAME)
    enabled: bool = True
    reason: str = Field(default="", max_length=300, description="Why it is off, for people.")
    is_default: bool = False
    changed_at: datetime = Field(default_factory=clock.late_now)
    changed_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)

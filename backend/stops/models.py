"""The rows of emergency stops, as they are and as they were. Who pulled and lifted one stands beside it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id
from backend.stops.schemas import LONGEST_NAME, LONGEST_REASON, Scope

_IN_FORCE = text("lifted_at IS NULL")


class EmergencyStop(SQLModel, table=True):
    """One stop; in force until somebody lifts it. Never deleted."""

    __tablename__ = "emergency_stop"
    __table_args__: ClassVar = (
        Index(
            "ix_emergency_stop_in_force",
            "scope",
            "name",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    scope: Scope = Field(sa_column=Column(stored_words(Scope, length=12), nullable=False))
    name: str = Field(default="", max_length=LONGEST_NAME)
    reason: str = Field(max_length=LONGEST_REASON)
    since: datetime = Field(default_factory=clock.late_now)
    by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    lifted_at: datetime | None = None
    lifted_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)

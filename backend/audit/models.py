"""The audit row: who did what to what, and when. Rows are added and never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from backend.kit.clock import utc_now


class AuditEntry(SQLModel, table=True):
    """One act. `seq` orders them; `subject` reads `generation:{id}`, `image:{id}` and so on."""

    __tablename__ = "audit_entry"

    seq: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=utc_now, index=True)
    actor_id: str | None = Field(
        default=None, max_length=26, index=True, description="Who; nobody means the studio itself."
    )
    verb: str = Field(max_length=64, description="Such as `generation.submit`.")
    subject: str = Field(max_length=120, index=True)
    detail: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))

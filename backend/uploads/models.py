"""The row of an upload: whose it is, and where its file lies. What it was called is kept nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id


class Upload(SQLModel, table=True):
    """One picture that its owner brought. Its file was written before this row, and never changes."""

    model_config = {"ser_json_bytes": "base64"}
    __tablename__ = "upload"
    __table_args__: ClassVar = (Index("ix_upload_owner", "owner_id", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    owner_id: str = Field(foreign_key="user_account.id", max_length=26)
    width: int
    height: int
    size_bytes: int
    storage_key: str = Field(index=True, max_length=128)
    created_at: datetime = Field(default_factory=clock.late_now)
    used_at: datetime = Field(
        default_factory=clock.late_now,
        index=True,
        description="When it came, or was last drawn from.",
    )
    credentials: bytes | None = Field(
        default=None, description="What its own C2PA manifest said, for what is drawn over it."
    )

"""The row of a share link. Its token was shown once; only the digest is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id
from backend.links.schemas import Downloads

_ID = 26


class ShareLink(SQLModel, table=True):
    """A link by which guests see one gallery until it expires or is revoked."""

    __tablename__ = "share_link"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    gallery_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("gallery.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    token_hash: str = Field(max_length=64, unique=True, description="SHA-256 of the token.")
    created_by: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    created_at: datetime = Field(default_factory=clock.late_now)
    expires_at: datetime
    password_hash: str | None = Field(default=None, max_length=200, description="scrypt.")
    downloads: Downloads = Field(
        default=Downloads.NONE,
        sa_column=Column(stored_words(Downloads, length=12), nullable=False),
    )
    prompts: bool = False
    brief: bool = False
    revoked_at: datetime | None = None
    visits: int = 0
    last_visit_at: datetime | None = None

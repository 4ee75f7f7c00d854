"""The row of an invite. The token itself is in the link alone."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id

_ID = 26


class Invite(SQLModel, table=True):
    """A link for one person. `token_hash` is the SHA-256 of what the link carries."""

    __tablename__ = "invite"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    token_hash: str = Field(unique=True, max_length=64)
    note: str = Field(default="", max_length=80)
    role: str | None = Field(default=None, foreign_key="role.name", max_length=40)
    team_id: str | None = Field(default=None, foreign_key="team.id", max_length=_ID)
    created_by: str | None = Field(
        default=None, foreign_key="user_account.id", index=True, max_length=_ID
    )
    created_at: datetime = Field(default_factory=clock.late_now)
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = Field(
        default=None, foreign_key="user_account.id", index=True, max_length=_ID
    )
    revoked_at: datetime | None = None

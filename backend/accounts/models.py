"""The rows of people, roles, sessions and keys. No secret is in them: only what secrets hash to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id

_ID = 26


def _now() -> datetime:
    return clock.utc_now()  # looked up late, so that tests can move the clock


class Role(SQLModel, table=True):
    """What a person is to the studio. Of two roles a person has, the higher rank counts."""

    __tablename__ = "role"

    name: str = Field(primary_key=True, max_length=40)
    rank: int


class RolePermission(SQLModel, table=True):
    """One thing that a role may do; a role is as many of these rows as it has permissions."""

    __tablename__ = "role_permission"

    role: str = Field(primary_key=True, foreign_key="role.name", max_length=40)
    permission: str = Field(primary_key=True, max_length=40)


class User(SQLModel, table=True):
    """A person. `issuer` and `subject` together are who they are; the e-mail address is not."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    issuer: str = Field(max_length=255)
    subject: str = Field(max_length=255)
    email: str = Field(default="", index=True, max_length=320)
    name: str = Field(default="", max_length=200)
    role: str = Field(foreign_key="role.name", max_length=40)
    pinned_role: str | None = Field(default=None, foreign_key="role.name", max_length=40)
    active: bool = Field(default=True)
    created_at: datetime = Field(default_factory=_now)
    signed_in_at: datetime | None = None


class UserSession(SQLModel, table=True):
    """A browser that is signed in. `id_hash` is the SHA-256 of the id in its cookie."""

    __tablename__ = "user_session"

    id_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    provider: str = Field(max_length=40)
    id_token: str | None = None  # shown to the provider at sign-out, as a hint whose session ends
    user_agent: str = Field(default="", max_length=255)
    created_at: datetime = Field(default_factory=_now, index=True)
    last_seen_at: datetime = Field(default_factory=_now)


class ApiKey(SQLModel, table=True):
    """A key for programs. `secret_hash` is the SHA-256 of the secret part; `id` is the public part."""

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    user_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    name: str = Field(max_length=80)
    secret_hash: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=_now)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

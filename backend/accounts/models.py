"""The rows of people, roles, sessions and keys. No secret is in them: only what secrets hash to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id

LONGEST_MODEL_NAME = 200
_ID = 26


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


class RoleModel(SQLModel, table=True):
    """One model that a role may draw with; a role without such rows may draw with every model."""

    __tablename__ = "role_model"

    role: str = Field(primary_key=True, foreign_key="role.name", max_length=40)
    model: str = Field(primary_key=True, max_length=LONGEST_MODEL_NAME)


class Team(SQLModel, table=True):
    """People who work together; they share quotas and galleries. A person is in one team or in none."""

    __tablename__ = "team"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    name: str = Field(unique=True, max_length=80)
    created_at: datetime = Field(default_factory=clock.late_now)


class Standing(StrEnum):
    """Whether a person may come in."""

    WAITING = "waiting"  # for an administrator's approval
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


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
    team_id: str | None = Field(default=None, foreign_key="team.id", index=True, max_length=_ID)
    standing: Standing = Field(
        default=Standing.ACTIVE, sa_column=Column(stored_words(Standing, length=12), nullable=False)
    )
    created_at: datetime = Field(default_factory=clock.late_now)
    signed_in_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether they may come in now."""
        return self.standing is Standing.ACTIVE


class UserSession(SQLModel, table=True):
    """A browser that is signed in. `id_hash` is the SHA-256 of the id in its cookie."""

    __tablename__ = "user_session"

    id_hash: str = Field(primary_key=True, max_length=64)
    user_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    provider: str = Field(max_length=40)
    id_token: str | None = (
        None  # sealed; shown to the provider at sign-out, as a hint whose session ends
    )
    user_agent: str = Field(default="", max_length=255)
    created_at: datetime = Field(default_factory=clock.late_now, index=True)
    last_seen_at: datetime = Field(default_factory=clock.late_now)


class ApiKey(SQLModel, table=True):
    """A key for programs. `secret_hash` is the SHA-256 of the secret part; `id` is the public part.

    `scopes` are what it may do of what its owner may; None is all. `replaced_by` is the key after it.
    """

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    user_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    name: str = Field(max_length=80)
    secret_hash: str = Field(max_length=64)
    scopes: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    replaced_by: str | None = Field(default=None, max_length=_ID)
    created_at: datetime = Field(default_factory=clock.late_now)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

"""The rows of policy versions, as they are and how they came to it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id
from backend.policies.schemas import PolicyDocument
from backend.policies.states import PolicyState

LONGEST_NOTE = 300
_ID = 26
_DIGEST = 64
_ACTIVE = text("state = 'active'")


class Policy(SQLModel, table=True):
    """One version. Its document changes only as long as it is a draft."""

    __tablename__ = "policy"
    __table_args__: ClassVar = (
        Index(
            "ix_policy_active",
            "state",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
    )

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: PolicyState = Field(
        default=PolicyState.DRAFT,
        sa_column=Column(stored_words(PolicyState, length=12), nullable=False),
    )
    document: PolicyDocument = Field(sa_column=Column(PydanticJSON(PolicyDocument), nullable=False))
    digest: str = Field(max_length=_DIGEST)
    note: str = Field(default="", max_length=LONGEST_NOTE)
    based_on: int | None = Field(default=None, description="The version it was copied from.")
    created_at: datetime = Field(default_factory=clock.late_now)
    created_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)
    changed_at: datetime = Field(default_factory=clock.late_now)
    proposed_at: datetime | None = None
    proposed_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)
    activated_at: datetime | None = Field(default=None, description="When it last became active.")
    activated_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)


class PolicyMove(SQLModel, table=True):
    """One move of a version from a state to another. Never changed, never deleted."""

    __tablename__ = "policy_move"
    __table_args__: ClassVar = (Index("ix_policy_move_number", "number", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    number: int
    before: PolicyState | None = Field(
        default=None,
        sa_column=Column(stored_words(PolicyState, length=12), nullable=True),
        description="null: it was made.",
    )
    after: PolicyState | None = Field(
        default=None,
        sa_column=Column(stored_words(PolicyState, length=12), nullable=True),
        description="null: it was discarded.",
    )
    reason: str = Field(default="", max_length=LONGEST_NOTE)
    digest: str = Field(max_length=_DIGEST, description="The document then.")
    replaced: int | None = Field(
        default=None, description="Where it became active: the version before."
    )
    rolled_back: bool = Field(default=False, description="It is a part of a rollback.")
    alone: bool = Field(default=False, description="One person proposed and activated it.")
    at: datetime = Field(default_factory=clock.late_now)
    by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)

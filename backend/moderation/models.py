"""Rows of moderation: what the safety checker measured on every image, and the held ones' flags.

The measurement is kept for released images too, so that another threshold can be tried on the past.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.kit.clock import utc_now
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id
from backend.moderation.schemas import FlagState
from inference.protocol import SafetyScores


class SafetyCheck(SQLModel, table=True):
    """What was measured on one image, and by which version of the policy it was judged."""

    __tablename__ = "safety_check"

    image_id: str = Field(primary_key=True, foreign_key="image.id", max_length=26)
    # None: no checker answered.
    scores: SafetyScores | None = Field(
        default=None, sa_column=Column(PydanticJSON(SafetyScores), nullable=True)
    )
    policy_version: str = Field(max_length=32)
    created_at: datetime = Field(default_factory=utc_now)


class Flag(SQLModel, table=True):
    """A held image waiting for, or having had, a person's decision."""

    __tablename__ = "flag"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    image_id: str = Field(foreign_key="image.id", unique=True, max_length=26)
    reason: str = Field(max_length=1000)
    state: FlagState = Field(
        default=FlagState.OPEN,
        sa_column=Column(stored_words(FlagState, length=16), nullable=False, index=True),
    )
    created_at: datetime = Field(default_factory=utc_now)
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    note: str | None = Field(default=None, max_length=500)

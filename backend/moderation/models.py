"""Rows of moderation: what the safety checker measured on every image, the held ones' flags, and what people said and did.

The measurement is kept for released images too, so that another threshold can be tried on the past. A flag says how its
case stands now; what was decided, and when it was taken back, are rows of their own that never change.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.images.models import moderation_column
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id
from backend.moderation.schemas import LONGEST_APPEAL, LONGEST_NOTE, Deed, FlagOrigin, FlagState
from backend.policies.schemas import Severity
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
    origin: FlagOrigin = Field(
        default=FlagOrigin.CHECK,
        sa_column=Column(
            stored_words(FlagOrigin, length=12), nullable=False, server_default="check"
        ),
    )
    # Of the policy that held it; None: before policies had categories.
    category: str | None = Field(default=None, max_length=40)
    severity: Severity | None = Field(
        default=None, sa_column=Column(stored_words(Severity, length=12), nullable=True)
    )
    state: FlagState = Field(
        default=FlagState.OPEN,
        sa_column=Column(stored_words(FlagState, length=16), nullable=False, index=True),
    )
    created_at: datetime = Field(default_factory=utc_now)
    decided_at: datetime | None = None
    decided_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    note: str | None = Field(default=None, max_length=500)
    claimed_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    claimed_until: datetime | None = None
    # Since when only administrators decide it; None: every reviewer does.
    escalated_at: datetime | None = None
    escalated_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    escalation: str | None = Field(default=None, max_length=LONGEST_NOTE)


class ImageDecision(SQLModel, table=True):
    """One thing that a person did about a held image. Never changed: what takes it back is another row."""

    __tablename__ = "image_decision"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    image_id: str = Field(foreign_key="image.id", index=True, max_length=26)
    deed: Deed = Field(sa_column=Column(stored_words(Deed, length=12), nullable=False))
    before: Moderation = Field(sa_column=moderation_column("before"))
    after: Moderation = Field(sa_column=moderation_column("after"))
    at: datetime = Field(default_factory=utc_now)
    by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    # The first of two, where it took two.
    asked_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=26)
    note: str | None = Field(default=None, max_length=500)
    category: str | None = Field(default=None, max_length=40)
    policy_version: str = Field(max_length=32)
    on_appeal: bool = False
    undoes: str | None = Field(default=None, max_length=26)


class Appeal(SQLModel, table=True):
    """Its author asks for another look at an image: once, in their own words."""

    __tablename__ = "appeal"

    image_id: str = Field(primary_key=True, foreign_key="image.id", max_length=26)
    text: str = Field(max_length=LONGEST_APPEAL)
    created_at: datetime = Field(default_factory=utc_now)
    # None: nobody has decided since.
    answered_at: datetime | None = None

"""The rows of a comparison: what was drawn for it, pair by pair, and what people said of each."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.accounts.models import LONGEST_MODEL_NAME
from backend.comparisons.schemas import Preference, Tally
from backend.kit import clock
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id, new_secret

_ID = 26
_DIGEST = 64


class Comparison(SQLModel, table=True):
    """Two models with the weights that they had, compared over some prompts. Open until somebody closes it."""

    __tablename__ = "comparison"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(
        foreign_key="user_account.id",
        max_length=_ID,
        index=True,
        description="Who made it, pays for it, and has no vote.",
    )
    first: str = Field(max_length=LONGEST_MODEL_NAME)
    first_sha256: str = Field(max_length=_DIGEST)
    second: str = Field(max_length=LONGEST_MODEL_NAME)
    second_sha256: str = Field(max_length=_DIGEST)
    secret: str = Field(
        default_factory=new_secret,
        max_length=64,
        description="What hides which model stands where; see `blindness`.",
    )
    created_at: datetime = Field(default_factory=clock.late_now)
    closed_at: datetime | None = None
    tally: Tally | None = Field(
        default=None,
        sa_column=Column(PydanticJSON(Tally), nullable=True),
        description="What it came to; written when it is closed.",
    )


class ComparisonPair(SQLModel, table=True):
    """One prompt and seed, and the generation of each model for it; a generation may be gone."""

    __tablename__ = "comparison_pair"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    comparison_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("comparison.id", ondelete="CASCADE"), index=True, nullable=False
        )
    )
    prompt: str = Field(max_length=2000)
    seed: int = Field(sa_type=BigInteger)
    first_id: str = Field(max_length=_ID)
    second_id: str = Field(max_length=_ID)


class ComparisonVote(SQLModel, table=True):
    """What one person said of one pair, by the side on which they saw it."""

    __tablename__ = "comparison_vote"
    __table_args__: ClassVar = (UniqueConstraint("pair_id", "user_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    pair_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("comparison_pair.id", ondelete="CASCADE"), nullable=False
        )
    )
    user_id: str = Field(foreign_key="user_account.id", max_length=_ID, index=True)
    choice: Preference = Field(sa_column=Column(stored_words(Preference, length=8), nullable=False))
    at: datetime = Field(default_factory=clock.late_now)

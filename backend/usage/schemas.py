"""The wire shapes of credits. Days and months are those of UTC."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from backend.usage.models import QuotaOf

MOST_CREDITS = 1_000_000_000.0
_UNLIMITED = "null: as many as they like. 0: none at all."


class Spending(BaseModel):
    """What was spent in a period, and what may be."""

    used: float = Field(description="Credits.", examples=[12.6])
    limit: float | None = Field(description="Credits; null: no limit.", examples=[200])
    remaining: float | None = Field(description="Credits; null: no limit.", examples=[187.4])
    resets_at: datetime = Field(description="When it starts anew, UTC.")


class TeamUsage(BaseModel):
    """What one's team has spent together."""

    id: str
    name: str
    today: Spending
    this_month: Spending


class UsagePublic(BaseModel):
    """What one has spent, and what one may."""

    today: Spending
    this_month: Spending
    team: TeamUsage | None = Field(description="null for who is in no team.")


class QuotaLimits(BaseModel):
    """How many credits a day and a month."""

    credits_per_day: float | None = Field(
        default=None, ge=0, le=MOST_CREDITS, description=_UNLIMITED, examples=[200]
    )
    credits_per_month: float | None = Field(
        default=None, ge=0, le=MOST_CREDITS, description=_UNLIMITED, examples=[4000]
    )


class QuotaWrite(QuotaLimits):
    """A quota as it should be. What is left out is unlimited."""

    model_config = ConfigDict(extra="forbid")

    of: QuotaOf = Field(
        description="person: one person. team: a team together. role: each person of it who has no "
        "quota of their own."
    )
    subject: str = Field(
        min_length=1,
        max_length=40,
        description="Id of the person or team, or name of the role.",
        examples=["designer"],
    )


class QuotaPublic(QuotaLimits):
    """A quota as it is, and what was spent of it."""

    id: str
    of: QuotaOf
    subject: str
    name: str = Field(description="What the person, team or role is called; empty: it is gone.")
    email: str | None = Field(description="A person's address.")
    used_today: float | None = Field(
        description="Credits; null for a role, whose people each spend by themselves."
    )
    used_this_month: float | None = Field(description="The same for the month.")


class QuotaPage(BaseModel):
    """Some quotas, newest first, and what holds for people whom none of them names."""

    items: list[QuotaPublic]
    next_cursor: str | None = None
    otherwise: QuotaLimits

"""The wire shapes of people and keys."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from backend.accounts.actor import Via

LONGEST_KEY_LIFE_DAYS = 365
DEFAULT_KEY_LIFE_DAYS = 90


class MePublic(BaseModel):
    """Who asks, and what they may do."""

    id: str
    email: str
    name: str
    role: str = Field(examples=["designer"])
    permissions: list[str] = Field(examples=[["browse", "generate"]])
    via: Via = Field(description="How this request was recognised.")
    development_sign_in: bool = Field(
        description="Whether the studio uses its embedded development provider."
    )


class ApiKeyCreate(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80, examples=["Nightly lookbook"])
    expires_in_days: int = Field(
        default=DEFAULT_KEY_LIFE_DAYS,
        ge=1,
        le=LONGEST_KEY_LIFE_DAYS,
        description="Days until it ends.",
    )


class ApiKeyPublic(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeyCreated(ApiKeyPublic):
    """A key just made; `key` is shown this once and kept nowhere."""

    key: str = Field(examples=["atl_01k0example0000000000000000_…"])

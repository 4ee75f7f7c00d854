"""The wire shapes of people and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backend.accounts.actor import Via

LONGEST_KEY_LIFE_DAYS = 365
DEFAULT_KEY_LIFE_DAYS = 90
LONGEST_OVERLAP_HOURS = 168
DEFAULT_OVERLAP_HOURS = 24
MOST_SCOPES = 32


class MePublic(BaseModel):
    """Who asks, and what they may do."""

    id: str
    email: str
    name: str
    role: str = Field(examples=["designer"])
    permissions: list[str] = Field(
        examples=[["browse", "generate"]],
        description="What this request may do: the role's permissions, and of these a key's scopes alone.",
    )
    via: Via = Field(description="How this request was recognised.")
    scopes: list[str] | None = Field(
        description="What the key is limited to; null without a key, and for a key without limits."
    )
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
    scopes: list[Annotated[str, Field(max_length=40)]] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_SCOPES,
        examples=[["browse", "generate"]],
        description="What it may do of what you may; left out, all of it, now and later.",
    )


class ApiKeyRotate(BaseModel):
    """How a key is followed by another."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(
        default=DEFAULT_OVERLAP_HOURS,
        ge=0,
        le=LONGEST_OVERLAP_HOURS,
        examples=[24],
        description="Hours that the old key goes on working; it never outlives its own end.",
    )


class ApiKeyPublic(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[str] | None = Field(description="Null: all of its owner's permissions.")
    replaced_by: str | None = Field(description="The key that followed it when it was rotated.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeyCreated(ApiKeyPublic):
    """A key just made; `key` is shown this once and kept nowhere."""

    key: str = Field(examples=["atl_01k0example0000000000000000_…_…"])


class SessionPublic(BaseModel):
    """A browser that is signed in."""

    id: str = Field(description="To end it by; says nothing of its cookie.")
    current: bool = Field(description="Whether this request came with it.")
    browser: str | None = Field(examples=["Firefox"], description="As it calls itself.")
    system: str | None = Field(examples=["Windows"], description="As the browser says.")
    provider: str = Field(examples=["oidc"])
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute.")
    ends_at: datetime = Field(description="When it ends if it is not used again.")

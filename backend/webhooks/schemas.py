"""Wire shapes of webhooks: the address, its secret (once), its deliveries, and the message itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.kit.outbound import LONGEST_URL
from backend.kit.queue import State

MOST_WEBHOOKS = 20


class Kind(StrEnum):
    """What one can be told of."""

    SUCCEEDED = "generation.succeeded"
    FAILED = "generation.failed"
    CANCELED = "generation.canceled"
    HELD = "image.held"
    DECIDED = "image.decided"


TEST = "webhook.test"
"""The kind of a message that its owner sends by hand, to see whether it arrives."""


class WebhookCreate(BaseModel):
    """An address to be told of your generations."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"url": "https://hooks.example.com/atelier"}]},
    )

    url: str = Field(
        max_length=LONGEST_URL,
        description="https, without name and password, leading to the public internet.",
    )
    kinds: list[Kind] = Field(
        default=list(Kind), min_length=1, max_length=10, description="What to be told of."
    )
    description: str = Field(default="", max_length=200, description="For you alone.")
    include_prompt: bool = Field(default=False, description="Put the prompt into messages too.")


class WebhookChange(BaseModel):
    """What to change of a webhook; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"enabled": True}]},
    )

    url: str | None = Field(default=None, max_length=LONGEST_URL)
    kinds: list[Kind] | None = Field(default=None, min_length=1, max_length=10)
    description: str | None = Field(default=None, max_length=200)
    include_prompt: bool | None = None
    enabled: bool | None = Field(default=None, description="True forgets why it was disabled.")


class WebhookPublic(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    url: str
    kinds: list[Kind]
    description: str
    include_prompt: bool
    enabled: bool
    disabled_reason: str | None = Field(description="Why the studio disabled it, if it did.")
    failing_since: datetime | None = Field(
        description="Since when every attempt has failed; after five days it is disabled."
    )
    previous_until: datetime | None = Field(
        description="Until when messages are signed with the secret before, too."
    )
    created_at: datetime


class WebhookSecret(WebhookPublic):
    """A webhook with its new secret, which is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA="])


class DeliveryPublic(BaseModel):
    """One message for a webhook, and how it went. `failed` is given up, until it is sent again."""

    id: str = Field(description="The `webhook-id` of every attempt.")
    kind: str = Field(description="What it tells; `webhook.test` was sent by hand.")
    subject: str = Field(description="What it is about.", examples=["generation:01m7xxtq72y5"])
    state: State
    attempts: int = Field(description="How many were begun.")
    next_try_at: datetime | None = Field(description="While queued.")
    tried_at: datetime | None
    answer_status: int | None = Field(description="The last answer's status.")
    answer_text: str | None = Field(description="The first 500 characters of the last answer.")
    error: str | None = Field(description="Why the last attempt failed.")
    created_at: datetime
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    """Some deliveries, newest first, and where the next page starts."""

    items: list[DeliveryPublic]
    next_cursor: str | None = None


class Message(BaseModel):
    """What is sent, by the shape that Standard Webhooks recommends."""

    type: str
    timestamp: datetime
    data: dict[str, Any]

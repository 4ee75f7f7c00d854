"""Wire shapes of moderation: a held image as a reviewer reads about it, and the decision on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FlagState(StrEnum):
    """A flag waits `open` until a person releases or rejects the image."""

    OPEN = "open"
    RELEASED = "released"
    REJECTED = "rejected"


class FlagFilter(StrEnum):
    """Which flags a reviewer lists: those that wait, or those that were decided."""

    OPEN = "open"
    DECIDED = "decided"


class Decision(StrEnum):
    """What a reviewer decides."""

    RELEASE = "release"
    REJECT = "reject"


class Owner(BaseModel):
    """Who made a held image."""

    id: str
    name: str
    email: str


class ConceptScore(BaseModel):
    """How strongly one concept was seen: above 0 it is present; None means it was not measured."""

    name: str
    score: float | None


class FlagPublic(BaseModel):
    """One held image, why it is held, and what was decided about it."""

    id: str
    image_id: str
    generation_id: str
    owner: Owner
    prompt: str
    reason: str
    concepts: list[ConceptScore] = Field(description="Every concept measured, highest first.")
    checker: str | None = Field(description="The safety checker that measured, if one ran.")
    state: FlagState
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None = Field(description="Name of the reviewer.")
    note: str | None


class FlagPage(BaseModel):
    """Some flags; `next_cursor` asks for the ones after them."""

    items: list[FlagPublic]
    next_cursor: str | None = None


class Review(BaseModel):
    """A reviewer's decision, with a note that the owner reads."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"decision": "release", "note": "A plain stop sign."}]},
    )

    decision: Decision
    note: str | None = Field(
        default=None, max_length=500, description="Why, in words the owner will read."
    )

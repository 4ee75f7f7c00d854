"""Wire shapes of emergencies: how far something reaches, before it is done, and what was done."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backend.policies.schemas import Slug
from backend.stops.schemas import Name, Reason, Scope, StopPublic

_Expected = Annotated[
    int | None,
    Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="How many images are meant; another number by now is refused with 409.",
    ),
]


class ReachWanted(BaseModel):
    """What would be stopped."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope = Field(description="How far.")
    name: Name = Field(default="", description="Of the model or the category.")


class StopReach(BaseModel):
    """What a stop would end, and for how many people."""

    queued: int = Field(description="Generations that wait; they end at once, and cost nothing.")
    running: int = Field(description="Generations that are drawn; they end at their next step.")
    people: int = Field(description="How many people these belong to.")
    released: int = Field(
        description="Of a category: images that it held once and that are shown by now; a sweep takes them down."
    )


class StopDone(BaseModel):
    """A stop that was pulled, and how many waiting generations it ended."""

    stop: StopPublic
    ended: int


class CategoryTold(BaseModel):
    """A category of the policy that could be stopped."""

    name: str
    title: str


class EmergencyNow(BaseModel):
    """What is stopped, what could be, and what was lately."""

    stops: list[StopPublic] = Field(description="In force, the oldest first.")
    lately: list[StopPublic] = Field(description="Lifted, the newest first; at most 20.")
    models: list[str]
    categories: list[CategoryTold]


class SweepWanted(BaseModel):
    """Have every image taken down that a category held once and that is shown by now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"category": "restricted", "reason": "Released in error."}]
        },
    )

    category: Slug
    reason: Reason
    expected: _Expected = None


class TakedownReach(BaseModel):
    """How far taking an image down reaches."""

    children: int = Field(description="Images made from it, and from those, that are shown.")
    alike: int = Field(description="Images that are about the same picture and are shown.")
    both: int = Field(description="Both together, each once.")
    galleries: int = Field(description="Galleries that show it.")
    links: int = Field(description="Share links that show it.")
    categories: list[CategoryTold] = Field(description="Of the policy; one of them says why.")


class TakedownWanted(BaseModel):
    """Why an image is taken down, and what else with it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"category": "restricted", "reason": "It shows a real person.", "alike": True}
            ]
        },
    )

    category: Slug = Field(description="Of the policy.")
    reason: Reason = Field(description="Its owner reads it.")
    children: bool = Field(default=False, description="Also what was made from it.")
    alike: bool = Field(default=False, description="Also what is about the same picture.")
    expected: _Expected = None


class TakenDown(BaseModel):
    """What was taken down."""

    image_ids: list[str]

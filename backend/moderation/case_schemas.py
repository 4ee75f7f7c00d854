"""Wire shapes of one case as a reviewer opens it, and of the numbers over all of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from backend.images.schemas import Moderation, Prompts
from backend.moderation.schemas import Deed, FlagOrigin, FlagPublic, FlagState
from backend.policies.schemas import Severity


class Reading(BaseModel):
    """One concept as the policy read it that judged: `margin` is its score with the category's shift, held above 0."""

    name: str
    score: float | None = Field(description="Null: it was not measured.")
    shift: float
    margin: float | None
    margin_now: float | None = Field(
        description="By the policy of now, where its shift is another; null: the same."
    )
    category: str | None
    title: str | None
    severity: Severity


class ProviderReadings(BaseModel):
    """What one checker measured."""

    checker: str
    version: str = Field(default="", description="Which edition of it; empty: not said.")
    scope: str = Field(default="", description="What it can see, and what not, in words.")
    weights_sha256: str = Field(description="Digest of the weights that measured.")
    readings: list[Reading] = Field(description="Unmeasured ones first, then the surest.")


class Relative(BaseModel):
    """The image that this one was made from."""

    image_id: str
    moderation: Moderation | None = Field(description="Null: it is gone.")
    flag_id: str | None = Field(description="Its own case, if it has one.")
    prompt: str | None


class AuthorRecord(BaseModel):
    """What the author made so far, and how much of it people looked at."""

    made: int
    flagged: int
    released: int
    rejected: int
    waiting: int


class DecisionPublic(BaseModel):
    """One thing that somebody did about the image."""

    deed: Deed
    at: datetime
    by: str | None = Field(description="Name of the reviewer.")
    asked_by: str | None = Field(description="Where it took two: the one who asked.")
    note: str | None
    on_appeal: bool
    undone: bool
    policy_version: str


class SimilarCase(BaseModel):
    """An image that looks like this one, about which people decided."""

    flag_id: str
    image_id: str
    score: float = Field(description="Cosine, at most 1.")
    state: FlagState
    title: str | None
    sealed: bool
    decided_at: datetime | None
    note: str | None


class FlagCase(FlagPublic):
    """A case with all that a person needs to decide it."""

    negative_prompt: str
    template: Prompts | None
    model: str | None
    seed: int
    width: int
    height: int
    judged_by: str = Field(
        description="The version of the policy by which margins are: the one that judged, as long as it is known."
    )
    active: str = Field(description="The version of the policy of now.")
    providers: list[ProviderReadings]
    parent: Relative | None
    children: int = Field(description="How many images were made from this one.")
    record: AuthorRecord
    decisions: list[DecisionPublic] = Field(description="Newest first.")
    similar: list[SimilarCase]
    near: list[str] = Field(
        description="Open cases of the same category whose images look the same, by id."
    )


class CategoryCount(BaseModel):
    """How many cases of one category wait."""

    category: str | None
    title: str | None
    severity: Severity | None
    open: int


class OriginCount(BaseModel):
    """How many cases wait for one reason."""

    origin: FlagOrigin
    open: int


class Summary(BaseModel):
    """The numbers over the queue."""

    open: int
    appeals: int
    second: int = Field(description="Cases that wait for a second person.")
    severe: int
    oldest_at: datetime | None = Field(description="Since when the oldest open case waits.")
    decided: int = Field(description="Decisions of the last 30 days.")
    median_s: float | None = Field(description="Half of them took no longer than this.")
    categories: list[CategoryCount]
    origins: list[OriginCount]


class Standing(BaseModel):
    """How an image stands with moderation, as its author reads it. Nobody is named."""

    image_id: str
    moderation: Moderation
    reason: str | None = Field(description="In plain words.")
    category: str | None
    title: str | None = Field(description="The category in plain words.")
    policy_version: str | None
    note: str | None = Field(description="What the reviewer wrote for you.")
    held_at: datetime | None
    decided_at: datetime | None
    purged: bool
    may_appeal: bool
    appeal_text: str | None
    appealed_at: datetime | None
    answered_at: datetime | None
    colours: list[str] = Field(
        description="16 colours of the image, 4 rows of 4, as #rrggbb; none where even those are not shown."
    )

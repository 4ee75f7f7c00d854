"""Wire shapes of moderation: a held image as a reviewer reads about it, and the decision on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.images.schemas import Moderation
from backend.policies.schemas import Severity

LONGEST_NOTE: Final = 500
LONGEST_APPEAL: Final = 1000
MOST_AT_ONCE: Final = 100
Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class FlagState(StrEnum):
    """A flag waits `open` until a person releases or rejects the image."""

    OPEN = "open"
    RELEASED = "released"
    REJECTED = "rejected"


class FlagOrigin(StrEnum):
    """Why an image is looked at: its scores, words in its prompt, by chance, or because somebody took it down."""

    CHECK = "check"
    PROMPT = "prompt"
    SAMPLE = "sample"
    TAKEDOWN = "takedown"


class FlagFilter(StrEnum):
    """Which flags a reviewer lists: those that wait, whose authors appeal, that need a second person, or were decided."""

    OPEN = "open"
    APPEALS = "appeals"
    SECOND = "second"
    DECIDED = "decided"


class Decision(StrEnum):
    """What a reviewer decides."""

    RELEASE = "release"
    REJECT = "reject"


class Deed(StrEnum):
    """What a person did about an image."""

    RELEASE = "release"
    REJECT = "reject"
    UNDO = "undo"
    PURGE = "purge"
    ESCALATE = "escalate"


class FlagQuery(BaseModel):
    """Which cases are wanted; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    state: FlagFilter = Field(default=FlagFilter.OPEN, description="Which ones.")
    category: Category | None = Field(default=None, description="Of the policy.")
    severity: Severity | None = None
    origin: FlagOrigin | None = Field(default=None, description="Why they are looked at.")


class Claim(BaseModel):
    """Who has a case open to decide it; nobody else decides it until then."""

    name: str
    mine: bool
    until: datetime


class Awaited(BaseModel):
    """What one person asked for and a second one has to confirm."""

    deed: Deed
    name: str = Field(description="Who asked.")
    mine: bool
    note: str | None
    asked_at: datetime
    expires_at: datetime


class Escalation(BaseModel):
    """A case that a reviewer handed to administrators."""

    name: str = Field(description="Who did; empty for whoever made the image.")
    note: str = Field(description="Why.")
    at: datetime


class AppealPublic(BaseModel):
    """What the author of an image wrote when they asked for another look."""

    text: str
    created_at: datetime
    answered_at: datetime | None = Field(description="When somebody decided; null: it waits.")


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
    origin: FlagOrigin
    category: str | None = Field(description="The policy's category that held it.")
    title: str | None = Field(description="That category in plain words.")
    severity: Severity | None
    policy_version: str = Field(description="The policy that judged it.")
    margin: float | None = Field(
        description="By how much the surest concept is over its threshold; null: not measured."
    )
    moderation: Moderation
    mine: bool = Field(description="You made it, so you do not decide about it.")
    sealed: bool = Field(description="No picture of it is shown before somebody reveals it.")
    purged: bool = Field(description="Its files are gone for good.")
    claim: Claim | None
    appeal: AppealPublic | None
    awaited: Awaited | None
    escalation: Escalation | None = Field(description="null: every reviewer may decide it.")
    refused: bool = Field(description="It was handed to administrators, and you are none.")
    concepts: list[ConceptScore] = Field(description="Every concept measured, highest first.")
    checker: str | None = Field(description="The safety checker that measured, if one ran.")
    state: FlagState
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None = Field(description="Name of the reviewer; never told the author.")
    note: str | None
    undo_until: datetime | None = Field(
        description="Until when you may take your decision back; null: you may not."
    )


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
        default=None, max_length=LONGEST_NOTE, description="Why, in words the owner will read."
    )


class Reveal(BaseModel):
    """A reviewer means to look at a sealed image."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirm": True}]})

    confirm: Literal[True] = Field(description="Yes; the audit keeps that you asked.")


class Unsealed(BaseModel):
    """What opens a sealed image, for whoever asked and for two minutes."""

    reveal: str = Field(description="Sent along as `reveal` when the image is fetched.")
    until: datetime


class Escalate(BaseModel):
    """Hand a case to administrators, with why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "May be a real child."}]}
    )

    note: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE)
    ] = Field(description="Why; administrators and the audit read it, its author does not.")


class Purge(BaseModel):
    """Have the files of a rejected image removed for good; it takes two people."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "By law."}]})

    note: str | None = Field(
        default=None, max_length=LONGEST_NOTE, description="Why; the audit keeps it."
    )


class BulkReview(BaseModel):
    """One decision about several cases of one category."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "flag_ids": ["01m7xxtq72y599hfwczfvzjz52"],
                    "category": "restricted",
                    "decision": "reject",
                    "dry_run": True,
                }
            ]
        },
    )

    flag_ids: list[Annotated[str, StringConstraints(pattern="^[0-9a-z]{1,64}$")]] = Field(
        min_length=1, max_length=MOST_AT_ONCE
    )
    category: Category = Field(description="All of them have it; what has another is refused.")
    decision: Decision
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)
    dry_run: bool = Field(default=False, description="Only say what would happen.")


class Refusal(BaseModel):
    """A case that was not decided, and why."""

    flag_id: str
    code: str
    reason: str


class BulkOutcome(BaseModel):
    """What became of each case."""

    decided: list[str] = Field(description="Cases that were, or with `dry_run` would be, decided.")
    refused: list[Refusal]

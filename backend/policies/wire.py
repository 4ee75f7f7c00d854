"""Wire shapes of policy versions as administrators read and move them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.policies.models import LONGEST_NOTE
from backend.policies.schemas import PolicyDocument
from backend.policies.states import Act, PolicyState

# One line of text: no control characters. PostgreSQL stores no NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE, pattern=_LINE)
]
Said = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE, pattern=_LINE),
]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PolicySummary(BaseModel):
    """One version, without its document."""

    number: int
    state: PolicyState = Field(
        description="draft: it is still written. proposed: it waits for a second administrator, unchanged. active: it "
        "decides. retired: it decided once."
    )
    note: str = Field(description="What it is for, by who wrote it.")
    digest: str = Field(description="SHA-256 of its document.")
    based_on: int | None = Field(description="The version that it was copied from.")
    created_at: datetime
    created_by: str | None = Field(description="null: the studio itself, or they are gone.")
    changed_at: datetime = Field(description="When its document or its state last changed.")
    proposed_at: datetime | None
    proposed_by: str | None
    activated_at: datetime | None = Field(description="When it last became active.")
    activated_by: str | None
    acts: list[Act] = Field(description="What the caller may do with it now.")
    hindrance: str = Field(
        description="Of a proposal: why the caller may not activate it, for people; empty: they may."
    )


class PolicyMovePublic(BaseModel):
    """One move of a version."""

    at: datetime
    by: str | None = Field(description="null: the studio itself, or they are gone.")
    before: PolicyState | None = Field(description="null: it was made.")
    after: PolicyState | None
    reason: str
    rolled_back: bool = Field(description="It is a part of a rollback.")
    alone: bool = Field(
        description="The studio's only administrator proposed and activated it, after a day's wait."
    )


class PolicyPublic(PolicySummary):
    """One version with its document and how it came to its state, newest first."""

    document: PolicyDocument
    moves: list[PolicyMovePublic]


class PolicyPage(BaseModel):
    """Some versions, newest first; `next_cursor` asks for the ones after them."""

    items: list[PolicySummary]
    active: int = Field(description="The version that decides.")
    before: int | None = Field(description="The version that was active before it.")
    next_cursor: str | None = None


class PolicyCreate(_Wanted):
    """What a new draft is copied from."""

    based_on: int | None = Field(
        default=None, ge=1, le=1_000_000, description="A version; null: the active one."
    )
    note: Note = Field(default="", examples=["Hold more of what may be a weapon"])


class PolicyWrite(_Wanted):
    """A draft, whole."""

    document: PolicyDocument
    note: Note = Field(default="", examples=["Hold more of what may be a weapon"])
    digest: Digest = Field(
        description="Of the draft that was edited; when it is another by now, nothing is written."
    )


class PolicyActivate(_Wanted):
    """What was looked at, and why it is to decide."""

    digest: Digest = Field(description="Of the proposal that was looked at.")
    reason: Note = Field(default="", examples=["Agreed with the legal team"])


class PolicyReason(_Wanted):
    """Why something is done at once."""

    reason: Said = Field(examples=["It holds every red dress"])

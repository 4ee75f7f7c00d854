"""The wire shapes of the audit as an administrator asks for it."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from backend.audit.schemas import AuditFilter, AuditRecord
from backend.kit.pagination import LARGEST_PAGE, USUAL_PAGE

CHECKED_AT_MOST = 5000


class AuditWanted(AuditFilter):
    """Which entries are wanted."""

    @field_validator("actor_id", "verb", "subject")
    @classmethod
    def _without_nul(cls, value: str | None) -> str | None:
        if value and "\x00" in value:
            raise PydanticCustomError("no_text", "must be text without NUL")
        return value


class AuditPageWanted(AuditWanted):
    """A page of them."""

    cursor: str | None = Field(
        default=None, max_length=200, description="`next_cursor` of the page before."
    )
    limit: int = Field(
        default=USUAL_PAGE,
        ge=1,
        le=LARGEST_PAGE,
        description=f"How many at most, 1 to {LARGEST_PAGE}.",
    )


class Doer(BaseModel):
    """Who did it, as they are called now."""

    id: str
    name: str
    email: str


class OverseenRecord(AuditRecord):
    """One act, and who it was."""

    actor: Doer | None = Field(description="Null for the studio itself, and for who is gone.")


class OverseenPage(BaseModel):
    """Some entries, newest first."""

    items: list[OverseenRecord]
    next_cursor: str | None = None


class BreakPublic(BaseModel):
    """Where the chain does not hold."""

    seq: int
    why: str


class AuditCheck(BaseModel):
    """How the end of the chain stands. The whole of it: `atelier audit verify`."""

    holds: bool = Field(description="Whether the entries that were checked are as written.")
    head: str = Field(
        description="The end of the chain, SEQ:HASH: an anchor to keep where nobody can change it."
    )
    entries: int = Field(description="How many entries there are.")
    checked: int = Field(
        description=f"How many of the last were checked; {CHECKED_AT_MOST} at most."
    )
    erased: int = Field(description="How many of those have an erased detail.")
    breaks: list[BreakPublic]

"""The wire shapes of the audit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("beyond_time", "must be within the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class AuditFilter(BaseModel):
    """Which entries are wanted; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    actor_id: str | None = Field(default=None, max_length=26, description="Who did it.")
    verb: str | None = Field(
        default=None,
        max_length=64,
        description="What was done: `webhook.create`, or `webhook.` for all that begin so.",
    )
    subject: str | None = Field(
        default=None, max_length=120, description="What it was done to, such as `generation:{id}`."
    )
    since: Moment | None = Field(default=None, description="From this moment on.")
    until: Moment | None = Field(default=None, description="Before this moment.")


class AuditRecord(BaseModel):
    """One act."""

    seq: int = Field(description="Its number in the chain, from 1 without a gap.")
    at: datetime
    actor_id: str | None = Field(description="Who; null means the studio itself.")
    verb: str
    subject: str
    detail: dict[str, str] | None = Field(description="More about it; null once it was erased.")
    hash: str = Field(description="SHA-256 over the entry and the one before it.")


class AuditPage(BaseModel):
    """Some entries, newest first."""

    items: list[AuditRecord]
    next_cursor: str | None = None

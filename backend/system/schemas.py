"""The wire shapes of how the studio stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field


class CheckState(StrEnum):
    """How bad it is: `warn` wants somebody soon, `bad` wants somebody now."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


class Check(BaseModel):
    """One thing looked at, what was seen, and what to do if it is not well."""

    name: str = Field(description="Stable, for programs.", examples=["storage"])
    state: CheckState
    says: str = Field(description="What was seen, for people.")
    do_next: str = Field(default="", description="What to do; empty when all is well.")


class SystemPublic(BaseModel):
    """How the studio stands, as the process that answers sees it."""

    version: str
    started_at: datetime = Field(description="Since when this process runs.")
    processes: int | None = Field(
        description="Processes of the studio on this database; null on SQLite, where only one is known."
    )
    checked_at: datetime
    checks: list[Check]

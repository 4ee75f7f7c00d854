"""The row of a queue: its columns, its states, its indexes, and what a holder shows to be believed.

Plain declarations; what happens to such a row is `queue`'s and `waiting`'s work.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.kit.database import stored_words
from inference.protocol import Priority


class State(StrEnum):
    """Where a leased row is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in ENDED


ENDED: Final = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELED})


class Leased(SQLModel):
    """The columns of a row that is worked on under a lease. Times are seconds of the database clock."""

    id: str = Field(primary_key=True, max_length=26)
    state: State = Field(
        default=State.QUEUED,
        sa_type=cast("Any", stored_words(State, length=12)),
        description="Where it is.",
    )
    priority: Priority = Field(
        sa_type=cast("Any", stored_words(Priority, length=12)),
        description="How urgently it is wanted; see `fairness.SHARES`.",
    )
    cost: float = Field(description="How much work it is, in megapixel-steps.")
    tag: float = Field(
        default=0.0, description="Its place in line: the smallest tag is served next."
    )
    run_at: float = Field(default=0.0, description="Not to be claimed before this moment.")
    paused: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="Queued, but its owner wants it left alone for now.",
    )
    attempt: int = Field(default=0, description="How many attempts were begun and count.")
    max_attempts: int = Field(description="After this many it is given up as failed.")
    fence: int = Field(default=0, description="Rises with every claim; only the newest may write.")
    lease_owner: str | None = Field(
        default=None, max_length=80, description="Which dispatcher holds it."
    )
    lease_until: float | None = Field(default=None, description="When that lease runs out.")
    cancel_requested: bool = Field(
        default=False, description="Somebody wants it stopped; the holder hears it by heartbeat."
    )


def lease_indexes(table: str) -> tuple[Index, Index]:
    """Return the two partial indexes of a leased table: who is next, and whose lease ran out."""
    queued, running = text("state = 'queued'"), text("state = 'running'")
    return (
        Index(f"ix_{table}_next", "tag", "id", sqlite_where=queued, postgresql_where=queued),
        Index(f"ix_{table}_lease", "lease_until", sqlite_where=running, postgresql_where=running),
    )


@dataclass(frozen=True)
class Lease:
    """What a holder shows to be believed."""

    id: str
    fence: int


class Beat(StrEnum):
    """What a heartbeat answers."""

    OK = "ok"
    CANCEL = "cancel"
    LOST = "lost"

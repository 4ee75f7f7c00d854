"""The wire shapes of the queue as an administrator sees it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from backend.generations.requested import Requested
from backend.kit.queue import State
from inference.protocol import Priority


class Person(BaseModel):
    """Whose generation it is."""

    id: str
    name: str
    email: str


class QueueEntry(BaseModel):
    """One queued or running generation."""

    id: str
    owner: Person
    prompt: str
    model: str
    num_images: int
    credits: float = Field(description="What it costs.")
    priority: Priority
    state: State
    paused: bool = Field(description="Its owner wants it left alone for now.")
    attempt: int = Field(description="How many attempts were begun and count.")
    max_attempts: int = Field(description="After this many it is given up as failed.")
    holder: str | None = Field(description="Which dispatcher runs it: host, process, number.")
    created_at: datetime
    started_at: datetime | None = Field(description="When its last attempt began.")
    seconds: float = Field(description="How long it has waited, or run, until now.")


class QueueStatus(BaseModel):
    """How the whole of the queue stands."""

    queued: int
    running: int
    drained_at: datetime | None = Field(
        description="Since when nothing new is begun; null while the queue is open."
    )
    inference_away: bool = Field(description="Nothing that draws could be reached lately.")


class QueuePage(BaseModel):
    """Some queued and running generations in the order of the line, and how the queue stands."""

    items: list[QueueEntry]
    next_cursor: str | None = None
    status: QueueStatus


class DeadLetter(Requested):
    """A generation that failed after its last attempt, or by a bug; docs/operate/dead-letters.md."""

    id: str
    owner: Person
    prompt: str
    model: str
    code: str = Field(description="What the last attempt failed with.")
    message: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None


class DeadPage(BaseModel):
    """Some dead letters, newest first."""

    items: list[DeadLetter]
    next_cursor: str | None = None

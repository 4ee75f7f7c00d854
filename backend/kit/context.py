"""What a running studio holds open, built once by `backend.app` and found at `app.state.context`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Annotated

from fastapi import Depends, Request

from backend.kit.clock import late_now
from backend.kit.database import Database
from backend.kit.live import Hub
from backend.kit.notifier import Notifier
from backend.kit.settings import Settings
from backend.kit.storage import Storage
from backend.kit.turnstile import Turnstile
from inference.protocol import InferenceClient

SUBMISSIONS_AT_ONCE = 64
"""Submissions that one process looks at: a burst of so many is served, and the last of them in a second or two."""


@dataclass(frozen=True)
class Context:
    """The parts that every feature may need; each is a seam with interchangeable ends."""

    settings: Settings
    database: Database
    storage: Storage
    notifier: Notifier
    inference: InferenceClient
    hub: Hub = field(default_factory=Hub)
    stopping: Event = field(default_factory=Event)
    """Set once the process was asked to stop."""
    started_at: datetime = field(default_factory=late_now)
    submissions: Turnstile = field(default_factory=lambda: Turnstile(SUBMISSIONS_AT_ONCE))


def context_of(request: Request) -> Context:
    """Return the running studio's parts."""
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(context_of)]

"""Says across the studio that something happened; nothing that matters is only said here.

Channels are plain names (`queue`, `person:{id}`). A message is a small JSON object. Whoever was not
listening finds the same truth in the database, so losing a message costs time, never a picture.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from enum import Enum, auto
from typing import Any, Final, Protocol

Message = dict[str, Any]

MISSED: Final = "missed"
"""The `event` of what every listener hears once messages may have been lost: look at the database."""


class Reach(Enum):
    """Which processes of the studio are to hear a message."""

    EVERYWHERE = auto()
    HERE = auto()
    ELSEWHERE = auto()


class Subscription(Protocol):
    """An open ear on some channels."""

    async def get(self, within: float | None = None) -> tuple[str, Message] | None:
        """Return the next (channel, message), or None after `within` seconds of silence.

        A listener too slow to keep up loses its oldest messages, never the newest.
        """
        ...


class Notifier(Protocol):
    """The contract; `memory` serves one process, `postgres` serves many."""

    def publish(self, channel: str, message: Message, reach: Reach = Reach.EVERYWHERE) -> None:
        """Say `message` on `channel`; callable from any thread, never blocks, never raises."""
        ...

    def subscribe(self, *channels: str) -> AbstractAsyncContextManager[Subscription]:
        """Listen to `channels` for as long as the context lasts."""
        ...

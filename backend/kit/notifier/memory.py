"""The notifier of a studio that is one process. Publishing is safe from any thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock

from backend.kit.notifier import MISSED, Message, Reach

CAPACITY = 256
"""Messages kept for a listener who is slow; beyond them the oldest are lost."""


class MemorySubscription:
    """An open ear inside one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[str, Message]] = deque(maxlen=CAPACITY)
        self._arrived = asyncio.Event()

    async def get(self, within: float | None = None) -> tuple[str, Message] | None:
        """Return the next (channel, message), or None after `within` seconds of silence."""
        if not self._waiting:
            self._arrived.clear()
            try:
                async with asyncio.timeout(within):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft()

    def hear(self, channel: str, message: Message) -> None:
        """Take in a message; from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._keep, channel, message)
        except RuntimeError:
            return  # the listener's loop has closed, so nobody is listening any more

    def _keep(self, channel: str, message: Message) -> None:
        self._waiting.append((channel, message))
        self._arrived.set()


class MemoryNotifier:
    """Hands each message to whoever listens in this process."""

    def __init__(self) -> None:
        self._ears: dict[str, set[MemorySubscription]] = {}
        self._lock = Lock()

    def publish(self, channel: str, message: Message, reach: Reach = Reach.EVERYWHERE) -> None:
        """Say `message` on `channel`; callable from any thread, never blocks, never raises."""
        if reach is Reach.ELSEWHERE:
            return
        with self._lock:
            ears = tuple(self._ears.get(channel, ()))
        for ear in ears:
            ear.hear(channel, message)

    def say_missed(self) -> None:
        """Tell every listener once that messages may have been lost; from any thread."""
        with self._lock:
            ears = {ear for listening in self._ears.values() for ear in listening}
        for ear in ears:
            ear.hear("", {"event": MISSED})

    @asynccontextmanager
    async def subscribe(self, *channels: str) -> AsyncIterator[MemorySubscription]:
        """Listen to `channels` for as long as the context lasts."""
        ear = MemorySubscription(asyncio.get_running_loop())
        with self._lock:
            for channel in channels:
                self._ears.setdefault(channel, set()).add(ear)
        try:
            yield ear
        finally:
            with self._lock:
                for channel in channels:
                    self._leave(channel, ear)

    def _leave(self, channel: str, ear: MemorySubscription) -> None:
        self._ears[channel].discard(ear)
        if not self._ears[channel]:
            del self._ears[channel]

"""What one generation has said so far, and who listens.

The engine's thread puts events in; any number of readers, each with its own place, take them out.
Progress, queue position and previews overwrite what stood in their slot; images, errors and the
end are kept. So a slow reader costs a few slots however long it sleeps, never blocks the engine,
and one that comes late is told everything that still matters. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inference.protocol import Done, Failed, GenerationEvent, Preview, Progress, Queued

TERMINAL = (Done, Failed)


@dataclass(frozen=True, slots=True)
class Letter:
    """An event and its number; numbers only grow within one mailbox, from 1."""

    number: int
    event: GenerationEvent


@dataclass(eq=False, slots=True)
class _Reader:
    """One reader's bell. `rung` keeps a loop that is stuck from collecting wake-ups."""

    loop: asyncio.AbstractEventLoop
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    rung: bool = False


class Mailbox:
    """Overwriting slots and kept letters of one generation. Safe between threads and loops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._letters: dict[object, Letter] = {}
        self._readers: set[_Reader] = set()
        self._left_at = time.monotonic()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the last event was put in."""
        return self._ended

    def put(self, event: GenerationEvent) -> None:
        """Take `event` in and wake every reader. After the last event, nothing more is taken."""
        with self._lock:
            if self._ended:
                return
            self._number += 1
            self._letters[_slot(event, self._number)] = Letter(self._number, event)
            self._ended = isinstance(event, TERMINAL)
            sleeping = [reader for reader in self._readers if not reader.rung]
            for reader in sleeping:
                reader.rung = True
        for reader in sleeping:
            _ring(reader)

    def after(self, number: int) -> list[Letter]:
        """Return what still stands of the letters beyond `number`, in order."""
        with self._lock:
            return sorted(
                (letter for letter in self._letters.values() if letter.number > number),
                key=lambda letter: letter.number,
            )

    async def follow(
        self, after: int = 0, *, heartbeat: float | None = None
    ) -> AsyncGenerator[Letter | None]:
        """Yield every letter beyond `after` until the end; `None` when `heartbeat` seconds were quiet."""
        with self._reading() as reader:
            while True:
                reader.bell.clear()
                with self._lock:
                    reader.rung = False
                for letter in self.after(after):
                    after = letter.number
                    yield letter
                    if isinstance(letter.event, TERMINAL):
                        return
                if self._ended and not self.after(after):
                    return  # asked for what comes after the end
                if not await _rang(reader.bell, heartbeat):
                    yield None

    def idle_seconds(self) -> float:
        """Return for how long nobody has been reading; 0 while somebody is."""
        with self._lock:
            return 0.0 if self._readers else time.monotonic() - self._left_at

    @contextmanager
    def _reading(self) -> Iterator[_Reader]:
        reader = _Reader(asyncio.get_running_loop())
        with self._lock:
            self._readers.add(reader)
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.discard(reader)
                self._left_at = time.monotonic()


def _slot(event: GenerationEvent, number: int) -> object:
    """Return the key under which `event` is kept: shared where a newer one replaces an older."""
    if isinstance(event, Queued | Progress):
        return event.type
    if isinstance(event, Preview):
        return event.type, event.index
    return number


def _ring(reader: _Reader) -> None:
    try:
        reader.loop.call_soon_threadsafe(reader.bell.set)
    except RuntimeError:  # its loop is closed: nobody listens there any more
        return


async def _rang(bell: asyncio.Event, patience: float | None) -> bool:
    """Wait for `bell`, at most `patience` seconds; say whether it rang."""
    try:
        async with asyncio.timeout(patience):
            await bell.wait()
    except TimeoutError:
        return False
    return True

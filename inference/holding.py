"""The generations an engine knows by id: those under way, and finished ones for a while.

Bounds what is held by count, by minutes and by bytes, dropping the longest finished first. What is
under way is never dropped.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from inference.generation import Generation
from inference.protocol import UnknownGeneration


@dataclass(frozen=True)
class Bounds:
    """How much finished work is held for those who come to fetch it."""

    count: int = 64
    seconds: float = 15 * 60
    bytes: int = 256 * 2**20


class Holding:
    """Generations by id. Safe between threads."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._known: dict[str, Generation] = {}

    def find(self, generation_id: str) -> Generation:
        """Return the generation of that id.

        Raises:
            UnknownGeneration: None is held (any more).
        """
        found = self.get(generation_id)
        if found is None:
            raise UnknownGeneration(f"no generation {generation_id!r} is held here (any more)")
        return found

    def image(self, generation_id: str, index: int) -> bytes:
        """Return the bytes of a finished image.

        Raises:
            UnknownGeneration: No such image is held (any more).
        """
        data = self.find(generation_id).images.get(index)
        if data is None:
            raise UnknownGeneration(f"generation {generation_id!r} has no finished image {index}")
        return data

    def get(self, generation_id: str) -> Generation | None:
        """Return the generation of that id, if one is held."""
        with self._lock:
            self._drop_expired()
            return self._known.get(generation_id)

    def add(self, generation: Generation) -> None:
        """Know `generation` from now on, in the place of an earlier one of its id."""
        with self._lock:
            self._known.pop(generation.id, None)
            self._known[generation.id] = generation
            self._drop_expired()

    def forget(self, generation: Generation) -> None:
        """Know it no longer; used for one that could not be taken in."""
        with self._lock:
            if self._known.get(generation.id) is generation:
                del self._known[generation.id]

    def _drop_expired(self) -> None:
        finished = sorted(
            (g for g in self._known.values() if g.ended_at is not None),
            key=lambda g: g.ended_at or 0.0,
            reverse=True,
        )
        oldest = time.monotonic() - self._bounds.seconds
        total = 0
        for place, generation in enumerate(finished):
            total += generation.held_bytes
            expired = (generation.ended_at or 0.0) < oldest
            if expired or place >= self._bounds.count or (place and total > self._bounds.bytes):
                del self._known[generation.id]

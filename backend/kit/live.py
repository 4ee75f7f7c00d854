"""What is happening right now: the last progress and the last preview of each running generation.

Held in memory only. Whoever restarts or arrives late asks here first and then listens to the notifier;
what must last is in the row. Knows nothing of who may see it: `backend.generations` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from threading import Lock
from typing import NamedTuple

from inference.protocol import Preview, Progress


class Phase(IntEnum):
    """Where a generation is within one fence; a fence begins when it is claimed."""

    RUNNING = 0
    WAITING = 1
    ENDED = 2


class Mark(NamedTuple):
    """A point in the life of one generation; a later point is a larger mark. Also an SSE id."""

    fence: int
    phase: Phase
    number: int = 0

    def __str__(self) -> str:
        return f"{self.fence}.{self.phase.value}.{self.number}"

    @classmethod
    def parse(cls, text: str | None) -> Mark | None:
        """Return the mark that `text` writes, or None if it writes none."""
        try:
            fence, phase, number = (text or "").split(".")
            return cls(int(fence), Phase(int(phase)), int(number))
        except ValueError:
            return None


@dataclass(frozen=True)
class Glimpse:
    """The latest of one generation, and when that was."""

    mark: Mark
    progress: Progress | None = None
    preview: Preview | None = None


class Hub:
    """A thread-safe memory of the latest glimpse by generation id."""

    def __init__(self) -> None:
        self._glimpses: dict[str, Glimpse] = {}
        self._lock = Lock()

    def saw(self, generation_id: str, mark: Mark, news: Progress | Preview) -> None:
        """Remember how far it is, or what it looks like; the other one is kept within a fence."""
        with self._lock:
            before = self._glimpses.get(generation_id)
            if before is None or before.mark.fence != mark.fence:
                before = Glimpse(mark)
            self._glimpses[generation_id] = (
                replace(before, mark=mark, progress=news)
                if isinstance(news, Progress)
                else replace(before, mark=mark, preview=news)
            )

    def drop_preview(self, generation_id: str, index: int) -> None:
        """Forget the preview of image `index`: it is finished, and moderation has the word now."""
        with self._lock:
            before = self._glimpses.get(generation_id)
            if before and before.preview and before.preview.index == index:
                self._glimpses[generation_id] = replace(before, preview=None)

    def forget(self, generation_id: str) -> None:
        """Forget everything about a generation that no longer runs."""
        with self._lock:
            self._glimpses.pop(generation_id, None)

    def latest(self, generation_id: str) -> Glimpse | None:
        """Return the latest glimpse, or None when there is none."""
        with self._lock:
            return self._glimpses.get(generation_id)

"""What is happening right now: the last progress and the last previews of each running generation.

Held in memory only. Whoever restarts or arrives late asks here first and then listens to the notifier;
what must last is in the row. Knows nothing of who may see it: `backend.generations` does, and has the
hubs of several processes tell each other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from threading import Lock
from typing import Final, NamedTuple

from inference.protocol import Preview, Progress

ELSEWHERE_AT_MOST: Final = 1024
"""Generations of other processes that are remembered: some ten megabytes of previews."""


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
    """The latest of one generation: when that was, whose it is, and a preview by index of the image."""

    mark: Mark
    owner_id: str = ""
    progress: Progress | None = None
    previews: Mapping[int, Preview] = field(default_factory=dict)

    @property
    def preview(self) -> Preview | None:
        """The newest preview."""
        return next(reversed(list(self.previews.values())), None)

    def without_preview(self, index: int) -> Glimpse:
        """Return it without the preview of image `index`."""
        left = {key: preview for key, preview in self.previews.items() if key != index}
        return replace(self, previews=left)

    def with_news(self, mark: Mark, news: Progress | Preview) -> Glimpse:
        """Return it as of `mark`, with `news`."""
        if isinstance(news, Progress):
            return replace(self, mark=mark, progress=news)
        previews = {**self.without_preview(news.index).previews, news.index: news}
        return replace(self, mark=mark, previews=previews)


class Hub:
    """A thread-safe memory of the latest glimpse by generation id: of our own, and of other processes'."""

    def __init__(self) -> None:
        self._ours: dict[str, Glimpse] = {}
        self._elsewhere: OrderedDict[str, Glimpse] = OrderedDict()
        self._lock = Lock()

    def saw(
        self, generation_id: str, mark: Mark, news: Progress | Preview, *, owner_id: str = ""
    ) -> None:
        """Remember how far it is, or what it looks like; the other one is kept within a fence."""
        with self._lock:
            before = self._ours.get(generation_id)
            if before is None or before.mark.fence != mark.fence:
                before = Glimpse(mark, owner_id)
            self._ours[generation_id] = before.with_news(mark, news)

    def drop_preview(self, generation_id: str, index: int) -> None:
        """Forget the preview of image `index`: it is finished, and moderation has the word now."""
        with self._lock:
            if before := self._ours.get(generation_id):
                self._ours[generation_id] = before.without_preview(index)

    def forget(self, generation_id: str) -> None:
        """Forget everything about a generation that no longer runs."""
        with self._lock:
            self._ours.pop(generation_id, None)
            self._elsewhere.pop(generation_id, None)

    def latest(self, generation_id: str) -> Glimpse | None:
        """Return the latest glimpse, or None when there is none."""
        with self._lock:
            seen = (self._ours.get(generation_id), self._elsewhere.get(generation_id))
        return max((glimpse for glimpse in seen if glimpse), key=_mark_of, default=None)

    def ours(self) -> dict[str, Glimpse]:
        """Return the latest glimpses of what this process draws."""
        with self._lock:
            return dict(self._ours)

    def elsewhere(self, generation_id: str) -> Glimpse | None:
        """Return the latest glimpse that another process had."""
        with self._lock:
            return self._elsewhere.get(generation_id)

    def saw_elsewhere(self, generation_id: str, glimpse: Glimpse) -> None:
        """Remember what another process has seen, of the 1024 generations heard of last."""
        with self._lock:
            self._elsewhere[generation_id] = glimpse
            self._elsewhere.move_to_end(generation_id)
            if len(self._elsewhere) > ELSEWHERE_AT_MOST:
                self._elsewhere.popitem(last=False)

    def forget_elsewhere(self, generation_id: str) -> None:
        """Forget what another process has seen; it no longer runs there."""
        with self._lock:
            self._elsewhere.pop(generation_id, None)


def _mark_of(glimpse: Glimpse) -> Mark:
    return glimpse.mark

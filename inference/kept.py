"""A bounded room for what is loaded when it is asked for: what was asked for longest ago leaves first.

Knows neither torch nor what it keeps. Whoever still uses something that left keeps it themselves.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What takes memory."""

    @property
    def bytes(self) -> int:
        """How much."""


T = TypeVar("T", bound=Sized)


class Kept(Generic[T]):
    """At most `most` bytes, or one thing that is larger.

    Safe between threads: a model may be loaded, what it keeps here with it, while others draw.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.RLock()
        self._kept: OrderedDict[tuple[str, str], T] = OrderedDict()

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return sum(kept.bytes for kept in self._kept.values())

    def get(self, model: str, name: str, fetch: Callable[[], T]) -> T:
        """Return what is kept under these names, else what `fetch` brings, which is then kept."""
        key = (model, name)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = fetch()
            self._kept.move_to_end(key)
            while self.bytes > self._most and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return self._kept[key]

    def forget(self, model: str) -> None:
        """Keep nothing more for a model."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == model]:
                del self._kept[key]

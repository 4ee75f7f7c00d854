"""What is on its way out of this process: bounded, and never a reason to wait for whoever puts in."""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import Final

CAPACITY_BYTES: Final = 8 * 1024 * 1024
BATCH_BYTES: Final = 512 * 1024


class Outbox:
    """Parcels in order; a parcel is the payloads of one message. When it is full the oldest are lost."""

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity
        self._waiting: deque[list[str]] = deque()
        self._size = 0
        self._in_hand: list[str] = []
        self._closed = False
        self._news = Condition()

    def put(self, parcel: list[str]) -> int:
        """Add `parcel`; return how many older ones were lost to make room for it."""
        with self._news:
            self._waiting.append(parcel)
            self._size += _size_of(parcel)
            lost = 0
            while self._size > self._capacity and len(self._waiting) > 1:
                self._size -= _size_of(self._waiting.popleft())
                lost += 1
            self._news.notify()
            return lost

    def batch(self) -> list[str]:
        """Wait for payloads and return as many as make one round trip; none only once it is closed.

        The same ones come again until `sent` is called, so that a lost connection loses nothing.
        """
        with self._news:
            self._news.wait_for(lambda: self._in_hand or self._waiting or self._closed)
            if not self._in_hand:
                self._in_hand = self._take()
            return self._in_hand

    def sent(self) -> None:
        """Forget the last batch."""
        with self._news:
            self._in_hand = []

    def close(self) -> None:
        """Let `batch` end once everything has been taken."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _take(self) -> list[str]:
        """Take whole parcels, at least one if there is one."""
        taken: list[str] = []
        size = 0
        while self._waiting and (not taken or size < BATCH_BYTES):
            parcel = self._waiting.popleft()
            size += _size_of(parcel)
            taken += parcel
        self._size -= size
        return taken


def _size_of(parcel: list[str]) -> int:
    return sum(map(len, parcel))

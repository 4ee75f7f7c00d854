"""Identifiers: sortable by time of birth, safe in a URL, impossible to guess where it matters."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class _Births:
    """Makes each number larger than the one before, also within one millisecond and when the clock goes back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            fresh = (int(time.time() * 1000) << 80) | secrets.randbits(80)
            # A random step, so that nobody learns the next one from this one.
            self._last = fresh if fresh > self._last else self._last + 1 + secrets.randbits(64)
            return self._last


_births = _Births()


def new_id() -> str:
    """Return a 26-character id: 48 bits of milliseconds, then 80 random bits (as ULID does).

    Those of one process sort in the order they were made in.
    """
    return _written(_births.next())


def earliest_id(moment: datetime) -> str:
    """Return the id that comes before all that are made from `moment` on."""
    return _written((moment - _BEGINNING) // timedelta(milliseconds=1) << 80)


def birth_of(some_id: str) -> datetime:
    """Return when an id was made.

    Raises:
        ValueError: It is none of ours.
    """
    number = 0
    for letter in some_id:
        number = number << 5 | ALPHABET.index(letter)
    return _BEGINNING + timedelta(milliseconds=number >> 80)


def _written(number: int) -> str:
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_secret() -> str:
    """Return 256 random bits, URL-safe, for sessions and keys."""
    return secrets.token_urlsafe(32)


def new_long_secret() -> str:
    """Return 260 random bits in the letters of ids, for API keys: one word to select, nothing to escape."""
    number = secrets.randbits(260)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(255, -1, -5))

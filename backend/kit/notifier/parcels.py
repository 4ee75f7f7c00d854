"""Cuts messages into payloads that NOTIFY takes, and puts them together again. Knows no connection.

NOTIFY takes less than 8000 bytes. A longer message travels as several payloads of one transaction, which
PostgreSQL delivers together, in order and with nothing between them: so one open message is all that a
receiver ever keeps. A payload reads `sender number part parts text`; the number also keeps PostgreSQL
from dropping one of two equal payloads. The text is ASCII, so that a character is a byte.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any, Final, cast

from backend.kit.notifier import Message

PART_BYTES: Final = 7900
LONGEST_BYTES: Final = 1024 * 1024
_MOST_PARTS: Final = -(-LONGEST_BYTES // PART_BYTES)


class TooLong(ValueError):
    """A message that is not meant for a notifier."""


class Cutter:
    """Makes the payloads of one sender."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._numbers = count()

    def cut(self, channel: str, message: Message) -> list[str]:
        """Return the payloads that carry `message`.

        Raises:
            TooLong: It is longer than a mebibyte.
            TypeError: It is no JSON.
        """
        text = json.dumps([channel, message], separators=(",", ":"))
        if len(text) > LONGEST_BYTES:
            raise TooLong(f"{len(text)} bytes on {channel!r}; at most {LONGEST_BYTES} travel")
        number = next(self._numbers)
        starts = range(0, len(text), PART_BYTES)
        return [
            f"{self._sender} {number} {part} {len(starts)} {text[start : start + PART_BYTES]}"
            for part, start in enumerate(starts)
        ]


def sender_of(payload: str) -> str:
    """Return who cut `payload`."""
    return payload.partition(" ")[0]


class Joiner:
    """Puts the payloads of every sender together again."""

    def __init__(self) -> None:
        self._open: tuple[str, str] | None = None
        self._texts: list[str] = []

    def join(self, payload: str) -> tuple[str, Message] | None:
        """Take in a payload; return (channel, message) once it is whole.

        Raises:
            ValueError: It was not made by a `Cutter`.
        """
        sender, number, part, parts, text = payload.split(" ", 4)
        if not 0 <= int(part) < int(parts) <= _MOST_PARTS:
            raise ValueError(f"part {part} of {parts}")
        if int(part) == 0:
            self._open, self._texts = (sender, number), []
        if self._open != (sender, number) or len(self._texts) != int(part):
            return None  # we began to listen in the middle of it
        self._texts.append(text)
        if len(self._texts) < int(parts):
            return None
        whole, self._open, self._texts = "".join(self._texts), None, []
        return _read(whole)


def _read(text: str) -> tuple[str, Message]:
    match cast("Any", json.loads(text)):
        case [str(channel), dict(message)]:
            return channel, message
        case other:
            raise ValueError(f"not a message: {type(other).__name__}")

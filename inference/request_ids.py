"""Under which request this work is done: one id from the click to the kernel, in logs, traces, errors and rows.

The id of its trace follows from it, so that whoever holds one of the two finds the other without asking anybody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

SAFE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a request id may be; anybody may send one along."""
HEADER: Final = "x-request-id"

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def brought(headers: Mapping[str, str]) -> str | None:
    """Return the id that came along with a request, if it is one."""
    given = headers.get(HEADER, "")
    return given if SAFE.fullmatch(given) else None


def request_id() -> str | None:
    """Return the id of the request at work, or None outside of one."""
    return _current.get()


def trace_id() -> str | None:
    """Return the id of its trace, 32 hexadecimal digits, or None outside of a request."""
    this = _current.get()
    return None if this is None else trace_id_of(this)


def trace_id_of(some_request_id: str) -> str:
    """Return the id of the trace of a request: the first 128 bits of the SHA-256 of its id, in hexadecimal."""
    return hashlib.sha256(some_request_id.encode()).hexdigest()[:32]


@contextmanager
def working_for(some_request_id: str | None) -> Iterator[None]:
    """Do what is inside under that request id."""
    token = _current.set(some_request_id)
    try:
        yield
    finally:
        _current.reset(token)

"""Which policy holds now. Reads in its caller's transaction, so what is activated counts everywhere at once.

A document is read once a process and known by its digest from then on: what is asked each time is one short row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final

from sqlmodel import Session

from backend.policies import repository
from backend.policies.schemas import PolicyDocument

_REMEMBERED: Final = 8


@dataclass(frozen=True)
class ActivePolicy:
    """A policy that decides or did, and the version that is written beside what it decided."""

    version: str
    document: PolicyDocument


class _Documents:
    """The documents that were used last, by digest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, PolicyDocument] = {}

    def of(self, session: Session, number: int, digest: str) -> PolicyDocument:
        """Return the document of version `number`, whose digest is `digest`."""
        with self._lock:
            found = self._known.get(digest)
        if found is None:
            found = repository.get(session, number).document
            with self._lock:
                while len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[digest] = found
        return found


@lru_cache(maxsize=1)
def _documents() -> _Documents:
    return _Documents()


def active(session: Session) -> ActivePolicy:
    """Return the policy that decides from now on."""
    number, digest = repository.active_name(session)
    return ActivePolicy(str(number), _documents().of(session, number, digest))


def at(session: Session, version: str) -> ActivePolicy | None:
    """Return the policy of that version, as it is written beside what it decided; None: it is not known."""
    if not version.isdecimal():
        return None  # from before policies were versions
    number = int(version)
    digest = repository.digest_of(session, number)
    return ActivePolicy(version, _documents().of(session, number, digest)) if digest else None

"""Reads what a file's manifest says, in a process of its own (`reader`): the file may be anybody's."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, Any, Final

from anyio import to_thread

from backend.kit import isolated
from backend.kit.places import places
from backend.provenance import reader
from backend.provenance.authority import Authority
from backend.provenance.claims import LARGEST_LOOKUP

AT_ONCE: Final = 2
WITHIN_S: Final = 30.0
MOST_KEPT_BYTES: Final = 16_000

_log = logging.getLogger("atelier.provenance")
_places = places("atelier_manifests_read", AT_ONCE)


class State(StrEnum):
    """What a manifest is worth."""

    NONE = "none"
    """There is none."""
    TRUSTED = "trusted"
    """Signed by this studio's authority, and nothing was changed since."""
    UNKNOWN_SIGNER = "unknown_signer"
    """Whole, and signed by somebody else, or with a certificate that is no longer valid."""
    CHANGED = "changed"
    """The file or the manifest was changed after it was signed."""
    UNREADABLE = "unreadable"
    """It could not be read."""


@dataclass(frozen=True)
class Credentials:
    """What a file's active manifest says. `lookup` is ours, and only there in a manifest of the trusted kind.

    The words are the signer's own, at most 200 characters each; of `unknown_signer` and `changed` anybody may have written
    them. `signed_at` is what a time stamp says: we put none into ours. `problems` are C2PA's codes.
    """

    state: State
    signer: str | None = None
    signed_at: datetime | None = None
    source_type: str | None = None
    software: str | None = None
    lookup: int | None = None
    parents: int = 0
    problems: tuple[str, ...] = ()


async def read(file: IO[bytes], content_type: str, authority: Authority) -> Credentials:
    """Return what the manifest in `file` (WebP, PNG or JPEG, with a descriptor) says."""
    words = ("read", content_type, authority.root.decode())
    ended = await to_thread.run_sync(_run, words, file, limiter=_places(), abandon_on_cancel=False)
    if not ended or "state" not in ended.report:
        return Credentials(State.UNREADABLE)
    return _credentials(ended.report)


async def kept_of(file: IO[bytes], content_type: str) -> bytes | None:
    """Return what an upload's manifest is worth keeping for `Parent`, None: it has none, or it is too large.

    It is the file as C2PA's ingredient, with its manifest and what was found of it and without its pixels, at most 16 kB.
    """
    words = ("keep", content_type)
    ended = await to_thread.run_sync(_run, words, file, limiter=_places(), abandon_on_cancel=False)
    if not ended or ended.status != 0 or not 0 < len(ended.out) <= MOST_KEPT_BYTES:
        return None
    return ended.out


def _run(words: tuple[str, ...], file: IO[bytes]) -> isolated.Ended | None:
    """Return how the reader ended, None: not in time."""
    try:
        ended = isolated.run(reader.__file__, *words, file=file, within_s=WITHIN_S)
    except isolated.TooSlow:
        _log.warning("a manifest took too long to read")
        return None
    if ended.status != 0:
        _log.warning("a reader of manifests ended with %d", ended.status)
    return ended


def _credentials(report: dict[str, Any]) -> Credentials:
    state = State(report["state"])
    return Credentials(
        state=state,
        signer=report.get("signer"),
        signed_at=_time(report.get("signed_at")),
        source_type=report.get("source_type"),
        software=report.get("software"),
        lookup=_lookup(report.get("lookup")) if state is State.TRUSTED else None,
        parents=report.get("parents", 0),
        problems=tuple(report.get("problems", ())),
    )


def _time(said: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(said) if said else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _lookup(said: str | None) -> int | None:
    try:
        found = int(said or "", 16)
    except ValueError:
        return None
    return found if 0 <= found <= LARGEST_LOOKUP else None

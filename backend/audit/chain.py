"""The chain: what is hashed, and how a change shows.

An entry's hash covers the entry, a salted hash of its detail, and the hash of the entry before it. So a change,
a removal or an insertion shows at its row; a detail that is erased does not, since its hash stays. Whoever owns
the database could write the whole chain anew: against that helps an *anchor*, the number and the hash of some entry,
kept where they cannot reach it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Self

from backend.audit.models import HASH_LENGTH, NO_HASH, AuditDetail, AuditEntry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SALT_BYTES = 16


@dataclass(frozen=True)
class Anchor:
    """A place in the chain, to be kept outside the database."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `seq:hash`.

        Raises:
            ValueError: It is not one.
        """
        number, _, digest = text.strip().partition(":")
        if not number.isdecimal() or len(digest) != HASH_LENGTH:
            raise ValueError(
                f"an anchor reads SEQ:HASH, as `atelier audit verify` prints it: {text!r}"
            )
        return cls(int(number), digest)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


START = Anchor(0, NO_HASH)


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold."""

    seq: int
    why: str


def new_salt() -> str:
    """Return a salt that nobody can guess."""
    return secrets.token_hex(_SALT_BYTES)


def hash_of_detail(salt: str, body: Mapping[str, str]) -> str:
    """Return the SHA-256 over both."""
    return _hash([salt, dict(body)])


def hash_of(entry: AuditEntry, previous: str) -> str:
    """Return the SHA-256 over `entry`, without its own hash, and the hash of the one before it."""
    moment = (entry.at - _EPOCH) // timedelta(microseconds=1)
    return _hash(
        [
            entry.seq,
            moment,
            entry.actor_id,
            entry.verb,
            entry.subject,
            entry.detail_hash,
            previous,
        ]
    )


class Walk:
    """Goes along the chain, entry after entry, from the first or from behind `start`, which it believes."""

    def __init__(self, anchors: Iterable[Anchor] = (), *, start: Anchor = START) -> None:
        self.at = start
        self._anchors = {anchor.seq: anchor.hash for anchor in anchors}

    def step(self, entry: AuditEntry, detail: AuditDetail | None) -> Break | None:
        """Take the next entry; return what is wrong with it."""
        wrong = self._wrong_with(entry, detail)
        self.at = Anchor(entry.seq, entry.hash)
        return Break(entry.seq, wrong) if wrong else None

    def arrive(self, head: Anchor, highest: int) -> Break | None:
        """Say whether the end is where the studio left it, with no entry and no anchor beyond it."""
        if head != self.at:
            return Break(self.at.seq + 1, f"entries up to {head.seq} are missing at the end")
        if highest > head.seq:
            return Break(head.seq + 1, "it was not written by the studio")
        beyond = [seq for seq in self._anchors if seq > head.seq]
        if beyond:
            return Break(head.seq + 1, f"the anchor of entry {min(beyond)} is beyond the end")
        return None

    def _wrong_with(self, entry: AuditEntry, detail: AuditDetail | None) -> str:
        if entry.seq != self.at.seq + 1:
            return f"it follows entry {self.at.seq}; those between are missing"
        if entry.hash != hash_of(entry, self.at.hash):
            return "it is not what was written"
        if self._anchors.get(entry.seq, entry.hash) != entry.hash:
            return "it is not what the anchor says"
        return _wrong_with_detail(entry, detail)


def _wrong_with_detail(entry: AuditEntry, detail: AuditDetail | None) -> str:
    if detail is None:
        return "its detail is missing"
    if detail.body is None and detail.salt is None:
        return ""  # erased
    if detail.body is None or detail.salt is None:
        return "half of its detail is erased"
    if entry.detail_hash != hash_of_detail(detail.salt, detail.body):
        return "its detail is not what was written"
    return ""


def _hash(parts: list[object]) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()

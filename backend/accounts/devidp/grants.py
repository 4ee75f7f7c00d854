"""What the development provider hands out: codes good once and briefly, and access tokens.

All of it lives in memory and ends with the process.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from backend.accounts.devidp.people import Person
from backend.kit import clock

CODE_LIFE = timedelta(seconds=60)
TOKEN_LIFE = timedelta(minutes=10)
_MOST = 1000

T = TypeVar("T")


@dataclass(frozen=True)
class Grant:
    """One person's consent to one sign-in, redeemable by whoever knows the verifier."""

    person: Person
    redirect_uri: str
    code_challenge: str
    nonce: str
    scope: str


@dataclass
class Vault(Generic[T]):
    """Random names for things that end after `life`; the oldest make room for the newest."""

    life: timedelta

    def __post_init__(self) -> None:
        self._held: dict[str, tuple[datetime, T]] = {}

    def put(self, thing: T) -> str:
        """Keep `thing` and return its new name."""
        while len(self._held) >= _MOST:
            self._held.pop(next(iter(self._held)))
        name = secrets.token_urlsafe(32)
        self._held[name] = (clock.utc_now() + self.life, thing)
        return name

    def get(self, name: str) -> T | None:
        """Return what `name` stands for, unless that has ended."""
        until, thing = self._held.get(name, (None, None))
        return thing if until and clock.utc_now() < until else None

    def take(self, name: str) -> T | None:
        """Return what `name` stands for, this once."""
        thing = self.get(name)
        self._held.pop(name, None)
        return thing


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def proves(verifier: str, challenge: str) -> bool:
    """Return whether `verifier` is the one whose challenge was sent along."""
    return hmac.compare_digest(challenge_of(verifier), challenge)

"""How session ids and API keys are made, hashed and taken apart. Both are 256 random bits.

A plain SHA-256 is enough for a secret nobody chose: there is nothing to guess, so nothing to slow
down. An API key reads `atl_<id>_<secret>`; its start lets secret scanners know it for what it is.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from backend.kit.ids import new_secret

KEY_PREFIX = "atl"
_LONGEST_KEY = 200


@dataclass(frozen=True)
class PresentedKey:
    """A key as somebody sent it: the public id, and the secret that must match."""

    id: str
    secret: str


def fingerprint(secret: str) -> str:
    """Return what may be stored of `secret`: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Return whether `secret` hashes to `stored`, in a time that tells nothing."""
    return hmac.compare_digest(fingerprint(secret), stored)


def new_session_id() -> str:
    """Return a fresh session id for a cookie."""
    return new_secret()


def compose_key(key_id: str, secret: str) -> str:
    """Return the text of an API key, to be shown once."""
    return f"{KEY_PREFIX}_{key_id}_{secret}"


def parse_key(text: str) -> PresentedKey | None:
    """Return the parts of an API key, or None if `text` is none."""
    if len(text) > _LONGEST_KEY:
        return None
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != KEY_PREFIX or not key_id or not secret:
        return None
    return PresentedKey(id=key_id, secret=secret)

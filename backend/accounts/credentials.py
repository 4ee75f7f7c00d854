"""How session ids and API keys are made, hashed and taken apart. Both are 256 random bits or more.

A plain SHA-256 is enough for a secret nobody chose: there is nothing to guess, so nothing to slow
down. An API key reads `atl_<id>_<secret>_<check>`: its start lets secret scanners know it for what it is,
and the check, a CRC-32 of what stands before it, tells a key from a typing error without a database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.kit.ids import ALPHABET, new_long_secret, new_secret

KEY_PREFIX: Final = "atl"
_LETTERS: Final = "0-9a-hjkmnp-tv-z"
_KEY: Final = re.compile(
    rf"(?P<body>atl_(?P<id>[{_LETTERS}]{{26}})_(?P<secret>[{_LETTERS}]{{52}}))_(?P<check>[{_LETTERS}]{{7}})"
)


@dataclass(frozen=True)
class PresentedKey:
    """A key as somebody sent it: the public id, and the secret that must match."""

    id: str
    secret: str


def bearer_in(headers: Mapping[str, str]) -> str | None:
    """Return what follows `Bearer` in `headers` (lower-case names), which may be nothing; None where it is not said.

    Whoever says it is known by that or by nothing: a cookie beside it does not count.
    """
    scheme, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def fingerprint(secret: str) -> str:
    """Return what may be stored of `secret`: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Return whether `secret` hashes to `stored`, in a time that tells nothing."""
    return hmac.compare_digest(fingerprint(secret), stored)


def new_session_id() -> str:
    """Return a fresh session id for a cookie."""
    return new_secret()


def session_handle(id_hash: str) -> str:
    """Return the name of a session for its owner's eyes, which leads neither to its id nor to its hash."""
    return hashlib.sha256(f"atelier session {id_hash}".encode()).hexdigest()[:26]


def new_key_secret() -> str:
    """Return the secret part of a fresh API key."""
    return new_long_secret()


def compose_key(key_id: str, secret: str) -> str:
    """Return the text of an API key, to be shown once."""
    body = f"{KEY_PREFIX}_{key_id}_{secret}"
    return f"{body}_{_check_of(body)}"


def parse_key(text: str) -> PresentedKey | None:
    """Return the parts of an API key, or None if `text` is none, or not as it was when it was made."""
    found = _KEY.fullmatch(text)
    if (
        found is None or _check_of(found["body"]) != found["check"]
    ):  # no secret: anybody can compute it
        return None
    return PresentedKey(id=found["id"], secret=found["secret"])


def _check_of(body: str) -> str:
    number = zlib.crc32(body.encode())
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(30, -1, -5))

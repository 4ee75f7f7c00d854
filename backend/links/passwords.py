"""Passwords of share links: kept as scrypt with a salt, compared in constant time."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from hmac import compare_digest
from typing import Final

# 16 MiB and some tens of milliseconds for each guess.
_N: Final = 2**14
_R: Final = 8
_P: Final = 1
_SALT_BYTES: Final = 16


def hashed(password: str) -> str:
    """Return what to keep of `password`."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"{_text(salt)}${_text(_digest(password, salt))}"


def matches(password: str, kept: str) -> bool:
    """Return whether `kept` is of `password`."""
    salt, _, digest = kept.partition("$")
    return compare_digest(_digest(password, b64decode(salt)), b64decode(digest))


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)


def _text(data: bytes) -> str:
    return b64encode(data).decode()

"""How a stored file is named: by what is in it."""

from __future__ import annotations

import re
from hashlib import sha256

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,8})?")


def key_of(data: bytes, suffix: str) -> str:
    """Return the key of `data`, such as `3f/3f5a….webp`."""
    digest = sha256(data).hexdigest()
    return checked(f"{digest[:2]}/{digest}{suffix}")


def checked(key: str) -> str:
    """Return `key` unchanged.

    Raises:
        ValueError: It is not a key of ours, and might lead somewhere else.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a storage key; keys look like 3f/3f5a….webp")
    return key

"""How a stored file is named: by what is in it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
_FOLDER = re.compile(r"[0-9a-f]{2}")
_DIGITS: Final = "0123456789abcdef"


def key_of(data: bytes, suffix: str) -> str:
    """Return the key of `data`, such as `3f/3f5a….webp`."""
    digest = sha256(data).hexdigest()
    return checked(f"{digest[:2]}/{digest}{suffix}")


def is_key(text: str) -> bool:
    """Return whether `text` could be a key of ours."""
    return _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Return `key` unchanged.

    Raises:
        ValueError: It is not a key of ours, and might lead somewhere else.
    """
    if not is_key(key):
        raise ValueError(f"{key!r} is not a storage key; keys look like 3f/3f5a….webp")
    return key


def checked_folder(folder: str) -> str:
    """Return `folder` unchanged.

    Raises:
        ValueError: No key of ours lies there.
    """
    if not _FOLDER.fullmatch(folder):
        raise ValueError(f"{folder!r} is not a storage folder; folders look like 3f")
    return folder


def shelves() -> list[list[str]]:
    """Return every folder there may be, in sixteen lists by the first digit."""
    return [[f"{first}{second}" for second in _DIGITS] for first in _DIGITS]

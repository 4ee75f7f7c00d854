"""The studio's own keys: what it signs the login dance with, and seals what the database must not tell.

Several may be valid at a time, the newest first: that one writes, all of them read, so that a key can be
changed without anybody noticing. They come from ATELIER_SECRET_KEY, or are made once and kept in the data
folder. Sealed text is Fernet (AES-128-CBC, HMAC-SHA-256) under keys derived from them by HKDF.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.kit.keeping import keep_once
from backend.kit.secret_words import split
from backend.kit.settings import Settings

KEY_FILE: Final = "login.key"
_DERIVED_BYTES: Final = 32
_SEALING: Final = b"atelier sealing 1"


class CannotOpen(Exception):
    """Sealed by a key that is no longer in the ring, or changed since."""


class KeyRing:
    """Seals text with the newest of `keys` and opens what any of them has sealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        self._fernets = [Fernet(urlsafe_b64encode(derived(key, _SEALING))) for key in self.keys]
        self._all = MultiFernet(self._fernets)

    def seal(self, text: str) -> str:
        """Return `text` unreadable and unchangeable without a key: about 4/3 of its length and 100."""
        return self._all.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            CannotOpen: By none of these keys, or somebody changed it.
        """
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen("no key in ATELIER_SECRET_KEY opens this") from None

    def is_fresh(self, sealed: str) -> bool:
        """Return whether the newest key has sealed it: older keys are not needed for it."""
        try:
            self._fernets[0].decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def ring_of(settings: Settings) -> KeyRing:
    """Return the keys of this studio, the same at every start; one is made if there is none."""
    given = split(settings.secret_key.get_secret_value())
    return KeyRing(given or split(_kept(settings.data_dir / KEY_FILE)))


def derived(key: str, purpose: bytes) -> bytes:
    """Return a key of 32 bytes for one purpose alone: what is done with it tells nothing about `key` or the others."""
    hkdf = HKDF(algorithm=SHA256(), length=_DERIVED_BYTES, salt=None, info=purpose)
    return hkdf.derive(key.encode())


def _kept(path: Path) -> str:
    """Return what `path` holds; make it first, readable by its owner alone, if it is not there."""
    return keep_once(path, lambda: secrets.token_urlsafe(48).encode()).decode()

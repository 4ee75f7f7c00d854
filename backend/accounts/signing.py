"""The secret that signs the login dance: from the settings, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from backend.kit.settings import Settings

KEY_FILE = "login.key"
_SHORTEST = 32


def signing_secret(settings: Settings) -> str:
    """Return the signing secret, the same at every start.

    Raises:
        ValueError: ATELIER_SECRET_KEY is too short to be one.
    """
    given = settings.secret_key.get_secret_value()
    if not given:
        return _kept_secret(settings.data_dir / KEY_FILE)
    if len(given) < _SHORTEST:
        raise ValueError(
            f"ATELIER_SECRET_KEY has {len(given)} characters and needs at least {_SHORTEST}; "
            "`openssl rand -base64 48` makes a good one, and leaving it empty makes one for you"
        )
    return given


def _kept_secret(path: Path) -> str:
    """Return what `path` holds; make it first, readable by its owner alone, if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside it and linked into place, so that of two processes starting together one wins
    # and neither reads half a file.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()

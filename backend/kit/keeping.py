"""Files with keys that are made once, by whichever process is first, and read by their owner alone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def keep_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what `path` holds; write what `make` returns first, readable by its owner alone, if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside it and linked into place, so that of two processes starting together one wins
    # and neither reads half a file.
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()

"""Looks at the studio's own keys and at the files that secrets come from. Shows none of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from backend.finding import Finding, Level
from backend.kit.keyring import KEY_FILE
from backend.kit.secret_words import split
from backend.kit.settings import PREFIX, Settings


def kept(settings: Settings) -> Finding:
    """Say where the keys come from, and whether every process has the same."""
    given = split(settings.secret_key.get_secret_value())
    if given:
        seen = f"{len(given)} in ATELIER_SECRET_KEY; the first one writes, all of them read"
        return Finding("Keys", Level.OK, seen if len(given) > 1 else "one in ATELIER_SECRET_KEY")
    path = settings.data_dir / KEY_FILE
    if not settings.resolved_database_url.startswith("sqlite"):
        return Finding(
            "Keys", Level.WARNING, f"each data folder has a key of its own, here {path}",
            "Set ATELIER_SECRET_KEY to the same for all processes of this database: `openssl rand -base64 48`.",
        )  # fmt: skip
    return Finding("Keys", Level.OK, f"the studio's own, kept in {path}")


def files(settings: Settings) -> Finding:
    """Warn of files with secrets that everybody on this machine can read."""
    named = list(_secret_files(settings))
    open_to_all = [path for path in named if _read_by_everybody(path)]
    if open_to_all:
        listed = " ".join(str(path) for path in open_to_all)
        return Finding(
            "Secret files", Level.WARNING, f"everybody on this machine can read {listed}",
            f"Run: chmod o-rwx {listed}",
        )  # fmt: skip
    return Finding("Secret files", Level.OK, f"{len(named)}, none that everybody can read")


def _secret_files(settings: Settings) -> Iterator[Path]:
    for name in Settings.model_fields:
        path = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
        if path:
            yield Path(path)
    own = settings.data_dir / KEY_FILE
    if own.exists():
        yield own


def _read_by_everybody(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # whoever needs it says so

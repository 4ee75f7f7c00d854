"""Looks at the studio's own keys and at the files that secrets come from. Shows none of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backend.finding import Finding, Level
from backend.kit.keyring import KEY_FILE
from backend.kit.secret_words import split
from backend.kit.settings import PREFIX, Settings

if TYPE_CHECKING:
    from backend.provenance.authority import Authority

_SOON: Final = timedelta(days=30)


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


def signing(settings: Settings) -> Finding:
    """Say who signs images, and for how long; try it."""
    from backend.provenance.authority import BadAuthority, authority_of  # noqa: PLC0415
    from backend.provenance.signing import Signer  # noqa: PLC0415 - it loads C2PA

    try:
        authority = Signer(authority_of(settings)).authority
    except BadAuthority as error:
        return Finding("Signing", Level.PROBLEM, error.seen, error.advice)
    except OSError as error:
        return Finding(
            "Signing", Level.PROBLEM, f"{error.filename} can't be used: {error.strerror}",
            "Give this user access to it.",
        )  # fmt: skip
    return _who_signs(settings, authority)


def _who_signs(settings: Settings, authority: Authority) -> Finding:
    until = f"until {authority.expires_at:%Y-%m-%d}"
    if authority.expires_at - datetime.now(UTC) < _SOON:
        return Finding(
            "Signing", Level.WARNING, f"the certificates that sign images are valid {until}",
            "Have them renewed, put the new ones in and restart every process (docs/operate/signing.md).",
        )  # fmt: skip
    if not authority.is_local:
        return Finding("Signing", Level.OK, f"by {settings.signing_chain}, {until}")
    if not settings.resolved_database_url.startswith("sqlite"):
        return Finding(
            "Signing", Level.WARNING, f"each data folder signs with an authority of its own, here {until}",
            "Set ATELIER_SIGNING_CHAIN and ATELIER_SIGNING_KEY to the same for all processes of this database.",
        )  # fmt: skip
    return Finding(
        "Signing", Level.OK, f"by the studio's own authority, which nobody else trusts, {until}"
    )


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
    if settings.signing_key:
        yield Path(settings.signing_key)
    own = settings.data_dir / KEY_FILE
    if own.exists():
        yield own
    yield from (settings.data_dir / "signing").glob("*.pem")


def _read_by_everybody(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False  # whoever needs it says so

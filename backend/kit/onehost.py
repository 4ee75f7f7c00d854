"""Keeps a SQLite file to one host. Its locks hold between processes of one machine only.

A small file beside the database names the host and is written anew every five seconds, by each process of
that host, so that any number of them may share it. Another host that finds it fresh does not start; one
that finds it silent for fifteen seconds takes over. Ages are differences of two times that the same file
system wrote, so that nobody's clock matters. A network file system is refused outright. PostgreSQL needs
none of this.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

BEAT_S: Final = 5.0
GONE_AFTER_S: Final = 3 * BEAT_S
MOUNTS: Final = Path("/proc/mounts")
_NETWORK: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs",
        "ocfs2", "gfs2", "fuse.sshfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.s3fs",
        "fuse.gcsfuse", "fuse.rclone", "fuse.davfs", "fuse.davfs2", "fuse.smbnetfs", "fuse.curlftpfs", "davfs",
    }
)  # fmt: skip
_ADVICE: Final = (
    "set ATELIER_DATABASE_URL=postgresql+psycopg://user:password@server/atelier, which any number of "
    "hosts may share"
)

_log = logging.getLogger("atelier.onehost")


class NotThisHost(Exception):
    """SQLite cannot be used here. `seen` says why, `advice` what to do."""

    def __init__(self, seen: str, advice: str) -> None:
        super().__init__(f"{seen}. {advice}.")
        self.seen = seen
        self.advice = advice


def check(database_url: str) -> None:
    """Look whether this host may use the database; leave everything as it is.

    Raises:
        NotThisHost: The file is on a network file system, or another host uses it.
    """
    if file := _file_of(database_url):
        _refuse_network(file)
        if file.parent.is_dir():
            _refuse_others(_sign_beside(file))


@asynccontextmanager
async def sole_host(database_url: str) -> AsyncIterator[None]:
    """Hold the SQLite file for this host while open; do nothing for another database.

    Raises:
        NotThisHost: The file is on a network file system, or another host uses it.
    """
    file = _file_of(database_url)
    if file is None:
        yield
        return
    sign = _sign_beside(file)
    await asyncio.to_thread(_take, file, sign)
    beating = asyncio.create_task(_beat(sign), name="onehost")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        if _host_in(sign) == this_host():
            sign.unlink(missing_ok=True)


def this_host() -> str:
    """Return what all processes under one kernel have in common, which is who SQLite's locks hold for."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname()


def file_system_of(path: Path, mounts: str) -> str:
    """Return the type of the file system that `path` is on, by the text of /proc/mounts; "" if unknown."""
    real = path.resolve()
    best, found = -1, ""
    for line in mounts.splitlines():
        _, where, kind, *_ = line.split(" ")
        # A space is written \040.
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), where))
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), kind
    return found


def _file_of(database_url: str) -> Path | None:
    url = make_url(database_url)
    named = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(url.database or "").absolute() if named else None


def _sign_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}-host")


def _take(file: Path, sign: Path) -> None:
    _refuse_network(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    _refuse_others(sign)
    _write(sign)


def _refuse_network(file: Path) -> None:
    if not MOUNTS.is_file():
        return  # not Linux: nobody to ask
    kind = file_system_of(file, MOUNTS.read_text())
    if kind in _NETWORK:
        raise NotThisHost(
            f"{file} is on a network file system ({kind}), where SQLite's locks do not hold",
            f"Set ATELIER_DATA_DIR to a folder on a disk of this machine, or {_ADVICE}",
        )


def _refuse_others(sign: Path) -> None:
    if _host_in(sign) in {"", this_host()}:
        return
    silent = _silent_for(sign)
    if silent < GONE_AFTER_S:
        raise NotThisHost(
            f"the studio on host {_name_in(sign)!r} uses {sign.name.removesuffix('-host')} too "
            f"(last sign of life {silent:.0f} s ago), and SQLite is for one host",
            f"Stop that one and wait {GONE_AFTER_S:.0f} s, or {_ADVICE}",
        )


def _silent_for(sign: Path) -> float:
    with _new_beside(sign) as now, suppress(FileNotFoundError):
        return now.stat().st_mtime - sign.stat().st_mtime
    return GONE_AFTER_S


async def _beat(sign: Path) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        try:
            await asyncio.to_thread(_write_if_ours, sign)
        except OSError as error:
            _log.warning("no sign of life could be left: %s", error.strerror)


def _write_if_ours(sign: Path) -> None:
    if _host_in(sign) in {"", this_host()}:
        _write(sign)
    else:
        _log.error(
            "host %r has taken over %s; stop this studio: SQLite is for one host",
            _name_in(sign),
            sign.name.removesuffix("-host"),
        )


def _write(sign: Path) -> None:
    with _new_beside(sign) as new:
        new.write_text(f"{this_host()}\n{socket.gethostname()}\n")
        new.replace(sign)


@contextmanager
def _new_beside(sign: Path) -> Iterator[Path]:
    """Make an empty file in the same folder, for a moment."""
    number, name = tempfile.mkstemp(dir=sign.parent, prefix=f"{sign.name}-")
    os.close(number)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _host_in(sign: Path) -> str:
    return _lines_in(sign)[0]


def _name_in(sign: Path) -> str:
    return _lines_in(sign)[1]


def _lines_in(sign: Path) -> tuple[str, str]:
    try:
        host, name = sign.read_text().splitlines()
    except (FileNotFoundError, ValueError):
        return "", ""
    return host, name

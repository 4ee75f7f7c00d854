"""Writes a zip as a stream: each file as it comes, in bounded memory, and at the end what all of them hash to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MANIFEST: Final = "manifest.sha256"
_READABLE_BY_ITS_OWNER: Final = 0o600 << 16
_EARLIEST: Final = 1980


@dataclass(frozen=True)
class Entry:
    """A file of the archive. `packed`: worth compressing, which a picture is not."""

    name: str
    chunks: Iterable[bytes]
    packed: bool = True


def stream(entries: Iterable[Entry], at: datetime) -> Iterator[bytes]:
    """Yield a zip of `entries`, dated `at`, with a manifest that `sha256sum -c` checks.

    A file may have up to 2 GiB; the zip may be of any size.
    """
    sink = _Sink()
    lines: list[str] = []
    with ZipFile(cast("IO[bytes]", sink), "w") as archive:
        for entry in entries:
            digest = sha256()
            with archive.open(_info(entry, at), "w") as file:
                for chunk in entry.chunks:
                    digest.update(chunk)
                    file.write(chunk)
                    yield sink.take()
            lines.append(f"{digest.hexdigest()}  {entry.name}\n")
        archive.writestr(_info(Entry(MANIFEST, ()), at), "".join(lines))
    yield sink.take()


def _info(entry: Entry, at: datetime) -> ZipInfo:
    info = ZipInfo(entry.name, (max(at.year, _EARLIEST), *at.timetuple()[1:6]))
    info.compress_type = ZIP_DEFLATED if entry.packed else ZIP_STORED
    info.external_attr = _READABLE_BY_ITS_OWNER
    return info


class _Sink:
    """What a zip is written to; it cannot be sought, so sizes follow each file instead of preceding it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: `take` takes all there is."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken

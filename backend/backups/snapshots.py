"""Where snapshots lie: a folder, or any fsspec URL such as `gs://bucket/backups`. Knows no database.

TARGET/snapshots/20261123T061500Z/{rows/TABLE.jsonl.gz, files.txt.gz, manifest.json}
TARGET/files/3f/3f5a….webp
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from fsspec.core import url_to_fs
from pydantic import BaseModel, ConfigDict, ValidationError

from backend.kit.storage import Storage, open_storage

FORMAT: Final = 1
_NAME: Final = "%Y%m%dT%H%M%SZ"
_MANIFEST: Final = "manifest.json"
_FILES: Final = "files.txt.gz"


class BadSnapshot(Exception):
    """It is not there, not whole, or not what its manifest says."""


class TableSaid(BaseModel):
    """How many rows a table had, and the SHA-256 of their lines."""

    model_config = ConfigDict(frozen=True)

    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a snapshot holds. `anchor` is the end of the audit's chain, `missing` names files that the storage had lost."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    made_at: datetime
    software: str
    revision: str
    tables: dict[str, TableSaid]
    files: int
    bytes: int
    missing: list[str] = []
    anchor: str


class Place:
    """A folder or URL that snapshots are kept in."""

    def __init__(self, target: str) -> None:
        """Open `target`.

        Raises:
            ValueError: It names a store that is not known or not installed here.
        """
        found: tuple[Any, str] = url_to_fs(target)
        self._there, root = found
        self._root = root.rstrip("/")
        self.files: Storage = open_storage(
            f"{target.rstrip('/')}/files" if "://" in target else f"file:{self._root}/files"
        )

    def names(self) -> list[str]:
        """Return the whole snapshots, oldest first."""
        return [name for name in self._all() if self._there.exists(self._path(name, _MANIFEST))]

    def unfinished(self) -> list[str]:
        """Return the snapshots that have no manifest: somebody makes them now, or died while they did."""
        whole = set(self.names())
        return [name for name in self._all() if name not in whole]

    def begin(self, now: datetime) -> Snapshot:
        """Begin a snapshot, named by its moment.

        Raises:
            BadSnapshot: There is one of that second.
        """
        name = now.astimezone(UTC).strftime(_NAME)
        if name in self._all():
            raise BadSnapshot(f"there is a snapshot {name} already; try again in a second")
        self._there.makedirs(self._path(name, "rows"), exist_ok=True)
        return Snapshot(self._there, self._path(name), name)

    def open(self, name: str | None = None) -> Snapshot:
        """Return a whole snapshot, the newest unless one is named.

        Raises:
            BadSnapshot: There is none of that name.
        """
        names = self.names()
        if not names or (name and name not in names):
            there = ", ".join(names) or "none"
            raise BadSnapshot(f"there is no snapshot {name or 'here'}; there are: {there}")
        found = name or names[-1]
        return Snapshot(self._there, self._path(found), found)

    def remove(self, name: str) -> None:
        """Remove a snapshot; its files stay, for others may name them."""
        self._there.rm(self._path(name), recursive=True)

    def _all(self) -> list[str]:
        self._there.invalidate_cache()
        folder = self._path()
        if not self._there.exists(folder):
            return []
        return sorted(
            path.rstrip("/").rsplit("/", 1)[-1] for path in self._there.ls(folder, detail=False)
        )

    def _path(self, *parts: str) -> str:
        return "/".join((self._root, "snapshots", *parts))


class Snapshot:
    """One moment of a studio."""

    def __init__(self, there: Any, root: str, name: str) -> None:  # noqa: ANN401 - fsspec has no types
        self._there = there
        self._root = root
        self.name = name

    def keep_rows(self, table: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Write the lines of a table, and yield each as it is written."""
        with self._there.open(self._rows(table), "wb") as raw, gzip.open(raw, "wb", 6) as file:
            for line in lines:
                file.write(line)
                yield line

    def rows(self, table: str) -> Iterator[bytes]:
        """Yield the lines of a table.

        Raises:
            BadSnapshot: They are gone or damaged.
        """
        yield from self._lines(self._rows(table))

    def keep_files(self, keys: Iterable[str]) -> None:
        """Write down which files it names."""
        with self._there.open(f"{self._root}/{_FILES}", "wb") as raw, gzip.open(raw, "wb") as file:
            file.writelines(f"{key}\n".encode() for key in keys)

    def files(self) -> list[str]:
        """Return the keys of the files it names; none while it has just begun."""
        if not self._there.exists(f"{self._root}/{_FILES}"):
            return []
        return [line.decode().rstrip("\n") for line in self._lines(f"{self._root}/{_FILES}")]

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: from now on it is one."""
        self._there.pipe_file(
            f"{self._root}/{_MANIFEST}", manifest.model_dump_json(indent=1).encode()
        )

    def manifest(self) -> Manifest:
        """Return what it says that it holds.

        Raises:
            BadSnapshot: Nothing that this version understands.
        """
        try:
            found = Manifest.model_validate_json(self._there.cat_file(f"{self._root}/{_MANIFEST}"))
        except (OSError, ValidationError) as error:
            raise BadSnapshot(f"snapshot {self.name}: its manifest cannot be read") from error
        if found.format != FORMAT:
            raise BadSnapshot(
                f"snapshot {self.name} has format {found.format}; this version reads {FORMAT}"
            )
        return found

    def _lines(self, path: str) -> Iterator[bytes]:
        try:
            with self._there.open(path, "rb") as raw, gzip.open(raw, "rb") as file:
                yield from file
        except (OSError, EOFError) as error:
            raise BadSnapshot(
                f"snapshot {self.name}: {path.rsplit('/', 1)[-1]} is gone or damaged"
            ) from error

    def _rows(self, table: str) -> str:
        return f"{self._root}/rows/{table}.jsonl.gz"


def moment_of(name: str) -> datetime:
    """Return when the snapshot of that name was begun."""
    return datetime.strptime(name, _NAME).replace(tzinfo=UTC)


def digest_of(lines: Iterable[bytes]) -> TableSaid:
    """Return how many lines those are, and their digest."""
    number, digest = 0, sha256()
    for line in lines:
        number += 1
        digest.update(line)
    return TableSaid(rows=number, sha256=digest.hexdigest())

"""Saves a studio, puts it back where nothing is, and says whether what was saved is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Final

from sqlalchemy import Connection, Table, delete, select
from sqlmodel import Session

from backend import migrations
from backend.audit import service as audit
from backend.audit.chain import Anchor
from backend.backups.rows import go_on_counting, lines_of, load, tables_of
from backend.backups.snapshots import (
    BadSnapshot,
    Manifest,
    Place,
    Snapshot,
    TableSaid,
    digest_of,
    moment_of,
)
from backend.kit.database import Database
from backend.kit.storage import Storage, shelves
from backend.kit.storage.naming import is_key, key_of

Tell = Callable[[str], None]
"""Hears what is being done, in a few words."""

_OF_PEOPLE: Final = ("user_account", "generation", "image", "audit_entry")
_A_DAY: Final = timedelta(days=1)


class NotEmpty(Exception):
    """There is something already where a studio should be put back."""


@dataclass(frozen=True)
class Restored:
    """What was put back: rows of all tables, files and their bytes, and the end of the audit's chain."""

    rows: int
    files: int
    anchor: str


def back_up(
    database: Database, storage: Storage, place: Place, *, now: datetime, tell: Tell
) -> Manifest:
    """Save the rows of this moment and the files that they name; files that are there already are not copied again.

    Raises:
        BadSnapshot: The database has no schema yet, or another snapshot began in this second.
    """
    with _at_one_moment(database) as connection:
        revision = migrations.revision_of(connection)
        if revision is None:
            raise BadSnapshot("the database is empty: there is nothing to save")
        snapshot = place.begin(now)
        keys: set[str] = set()
        tables: dict[str, TableSaid] = {}
        for table in tables_of(connection):
            tell(f"rows of {table.name}")
            lines = snapshot.keep_rows(table.name, lines_of(connection, table))
            tables[table.name] = digest_of(_noting_keys(lines, table, keys))
        anchor = str(audit.head(Session(connection)))
    wanted = sorted(keys)
    snapshot.keep_files(wanted)
    size, missing = _copy(storage, place.files, wanted, tell)
    manifest = Manifest(
        made_at=now,
        software=f"Atelier {version('atelier')}",
        revision=revision,
        tables=tables,
        files=len(wanted) - len(missing),
        bytes=size,
        missing=missing,
        anchor=anchor,
    )
    snapshot.finish(manifest)
    return manifest


def restore(
    snapshot: Snapshot, place: Place, database_url: str, storage: Storage, *, tell: Tell
) -> Restored:
    """Put a studio back where nothing is, and look that every row, file and link of the audit is what was saved.

    Raises:
        NotEmpty: Somebody's rows are in the database already.
        BadSnapshot: It is not whole, or newer than this version. Nothing of its rows is left then.
    """
    manifest = snapshot.manifest()
    _prepare(database_url, manifest)
    keys = _held_by(snapshot, manifest)
    _, missing = _copy(place.files, storage, keys, tell)
    if missing:
        raise BadSnapshot(
            f"snapshot {snapshot.name} has lost {len(missing)} files, such as {missing[0]}"
        )
    database = Database(database_url)
    try:
        with database.write() as session:
            rows = _load(session.connection(), snapshot, manifest, tell)
    finally:
        database.dispose()
    tell("the newest schema")
    migrations.upgrade(database_url)
    return Restored(rows, len(keys), _check_chain(database_url, manifest))


def check(snapshot: Snapshot, place: Place, *, tell: Tell) -> Manifest:
    """Read everything that a snapshot holds and compare it with its manifest and the files' names.

    Raises:
        BadSnapshot: Something is gone or damaged.
    """
    manifest = snapshot.manifest()
    for table, said in manifest.tables.items():
        tell(f"rows of {table}")
        if digest_of(snapshot.rows(table)) != said:
            raise BadSnapshot(
                f"snapshot {snapshot.name}: the rows of {table} are not those that were saved"
            )
    for number, key in enumerate(_held_by(snapshot, manifest)):
        tell(f"file {number + 1} of {manifest.files}")
        if _read(place.files, key) is None:
            raise BadSnapshot(f"snapshot {snapshot.name}: file {key} is gone or damaged")
    return manifest


def prune(place: Place, *, older_than: timedelta, now: datetime) -> tuple[int, int]:
    """Remove snapshots that are older, never the newest, and files that none names; return how many of each.

    While another snapshot is being made no file is removed.
    """
    *others, newest = place.names() or [""]
    old = [name for name in others if now - moment_of(name) > older_than]
    for name in old:
        place.remove(name)
    left_behind = [name for name in place.unfinished() if now - moment_of(name) > _A_DAY]
    for name in left_behind:
        place.remove(name)
    if place.unfinished():
        return len(old), 0
    named = {key for name in place.names() for key in place.open(name).files()}
    loose = [key for key in _held(place.files) if key not in named] if newest else []
    for key in loose:
        place.files.delete(key)
    return len(old), len(loose)


@contextmanager
def _at_one_moment(database: Database) -> Iterator[Connection]:
    """Open a connection on which every table is read as it was at the same moment; nobody is kept waiting."""
    if database.is_sqlite:  # a reading transaction of WAL sees what was committed when it began
        with database.read() as session:
            yield session.connection()
        return
    with database.engine.connect() as connection:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield connection.execution_options(**options)


def _noting_keys(lines: Iterable[bytes], table: Table, keys: set[str]) -> Iterator[bytes]:
    """Pass on the lines, and add the storage keys in them to `keys`."""
    columns = [name for name in table.columns.keys() if name.endswith("_key")]  # noqa: SIM118 - by name
    for line in lines:
        if columns:
            row = json.loads(line)
            keys |= {row[name] for name in columns if _is_file(row[name])}
        yield line


def _is_file(value: object) -> bool:
    return isinstance(value, str) and is_key(value)


def _copy(source: Storage, target: Storage, keys: list[str], tell: Tell) -> tuple[int, list[str]]:
    """Copy the files that the target has not; return the bytes of those, and the keys that are gone or damaged."""
    there, size, missing = set(_held(target)), 0, []
    for number, key in enumerate(keys):
        if key in there:
            continue
        tell(f"file {number + 1} of {len(keys)}")
        data = _read(source, key)
        if data is None:
            missing.append(key)
        else:
            target.put(data, suffix=PurePosixPath(key).suffix)
            size += len(data)
    return size, missing


def _read(storage: Storage, key: str) -> bytes | None:
    """Return a file, None if it is gone or not what its name says."""
    try:
        data = storage.get(key)
    except FileNotFoundError:
        return None
    return data if key_of(data, PurePosixPath(key).suffix) == key else None


def _held_by(snapshot: Snapshot, manifest: Manifest) -> list[str]:
    """Return the keys of the files that were there to be saved."""
    lost = set(manifest.missing)
    return [key for key in snapshot.files() if key not in lost]


def _held(storage: Storage) -> Iterator[str]:
    for folders in shelves():
        for folder in folders:
            yield from storage.keys(folder)


def _prepare(database_url: str, manifest: Manifest) -> None:
    """Give an empty database the schema of the snapshot's time."""
    if not migrations.knows(manifest.revision):
        raise BadSnapshot(
            f"it was made by {manifest.software}, which is newer (schema {manifest.revision}); install that version first"
        )
    database = Database(database_url)
    try:
        with database.read() as session:
            connection = session.connection()
            for table in tables_of(connection):
                if table.name in _OF_PEOPLE and connection.execute(select(table).limit(1)).first():
                    raise NotEmpty(
                        f"the database has rows of {table.name} already; name an empty one in ATELIER_DATABASE_URL"
                    )
            revision = migrations.revision_of(connection)
    finally:
        database.dispose()
    if revision not in {None, manifest.revision}:
        migrations.downgrade(database_url, "base")
    migrations.upgrade(database_url, manifest.revision)


def _load(connection: Connection, snapshot: Snapshot, manifest: Manifest, tell: Tell) -> int:
    """Put the rows back and compare each table with what was saved; return how many rows there are."""
    tables = tables_of(connection)
    if {table.name for table in tables} != manifest.tables.keys():
        raise BadSnapshot(
            f"snapshot {snapshot.name} has other tables than its schema {manifest.revision}"
        )
    for table in reversed(tables):
        # What migrations put in is in the snapshot, too. The audit refuses to be deleted from, also where it is empty.
        if connection.execute(select(table).limit(1)).first():
            connection.execute(delete(table))
    for table in tables:
        tell(f"rows of {table.name}")
        load(connection, table, snapshot.rows(table.name))
        go_on_counting(connection, table)
    for table in tables:
        tell(f"comparing {table.name}")
        if digest_of(lines_of(connection, table)) != manifest.tables[table.name]:
            raise BadSnapshot(f"the rows of {table.name} are not those that were saved")
    return sum(said.rows for said in manifest.tables.values())


def _check_chain(database_url: str, manifest: Manifest) -> str:
    """Walk along the audit's whole chain; return its end, which is the one that was saved."""
    database = Database(database_url)
    try:
        with database.read() as session:
            *_, verdict = audit.verify(session, [Anchor.parse(manifest.anchor)])
    finally:
        database.dispose()
    if verdict.breaks:
        raise BadSnapshot(f"the audit's chain does not hold at entry {verdict.breaks[0].seq}")
    return str(verdict.head)

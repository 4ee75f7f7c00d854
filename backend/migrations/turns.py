"""One process changes a schema at a time, and does not keep the others from working meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

from backend.kit.database import Database

_LOCK: Final = 0x4174656C69657221  # any number that nobody else locks: "Atelier!" in ASCII
_TRY_EVERY_S: Final = 0.1
_TABLE_WITHIN: Final = "2s"
"""For how long a change waits for a table. Whoever comes after it waits behind it, and no request waits for longer."""
_TRIES: Final = 60


@contextmanager
def alone(database_url: str) -> Iterator[Database]:
    """Open a database, making its folder if it is a file, with the one right to change its schema.

    SQLite has no such right but its writing transaction, which the caller opens.
    """
    database = Database(database_url)
    try:
        if database.is_sqlite:
            event.listen(database.engine, "connect", _let_tables_be_written_anew)
            if database.engine.url.database:
                folder = Path(database.engine.url.database).absolute().parent
                folder.mkdir(parents=True, exist_ok=True)
            yield database
        else:
            with _locked(database):
                yield database
    finally:
        database.dispose()


@contextmanager
def changing(database: Database) -> Iterator[Connection]:
    """Open the transaction of a change: all of it happens, or nothing."""
    with database.write() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_WITHIN}'"))
        yield connection
        if database.is_sqlite:
            _check_references(connection)


def tries() -> Iterator[None]:
    """Yield once for every time that a change may be tried; pause between them."""
    for _ in range(_TRIES):
        yield
        time.sleep(random.uniform(0.5, 1.5))  # noqa: S311


def was_busy(error: OperationalError) -> bool:
    """Return whether a table was in use for too long."""
    return isinstance(error.orig, LockNotAvailable)


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    """Hold PostgreSQL's lock on a connection without a transaction: an index that is built would wait for one."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Asked for again and again: whoever waits for it inside a statement would be waited for, too.
        while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar():  # fmt: skip
            time.sleep(_TRY_EVERY_S)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})


def _let_tables_be_written_anew(connection: DBAPIConnection, _record: object) -> None:
    """SQLite changes most of a table by copying it; dropping the old one must not take what refers to it.

    https://www.sqlite.org/lang_altertable.html#otheralter: off before the transaction, checked at its end.
    """
    connection.cursor().execute("PRAGMA foreign_keys=OFF")


def _check_references(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise RuntimeError(f"the migration left a row that refers to nothing: {tuple(broken)}")

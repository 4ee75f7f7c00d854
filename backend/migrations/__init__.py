"""Brings a database to the newest schema, or back. Callable from code, and from inside a wheel.

Two processes may start at once: the second waits for the first, finds everything done, and goes on.
`python -m backend.migrations "what changes"` drafts the next revision from the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection

from backend.kit.database import Database

_LOCK = 0x4174656C69657221  # any number that nobody else locks: "Atelier!" in ASCII


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`, making its folder and file if there are none (SQLite)."""
    with _alone(database_url) as config:
        command.upgrade(config, revision)


def downgrade(database_url: str, revision: str) -> None:
    """Bring the database back to `revision`; `base` means empty."""
    with _alone(database_url) as config:
        command.downgrade(config, revision)


def configured(connection: Connection) -> Config:
    """Return Alembic's configuration, working on `connection` inside its open transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the database behind `connection`; None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the revision that this version of the studio works with."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head()


def knows(revision: str) -> bool:
    """Return whether this version of the studio has that revision, as its newest or before it."""
    there = ScriptDirectory(str(Path(__file__).parent)).walk_revisions()
    return revision in {one.revision for one in there}


@contextmanager
def _alone(database_url: str) -> Iterator[Config]:
    """Hold the one right to change the schema: the whole of it happens, or nothing."""
    database = Database(database_url)
    if database.is_sqlite:
        event.listen(database.engine, "connect", _let_tables_be_written_anew)
    if database.is_sqlite and database.engine.url.database:
        Path(database.engine.url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        with database.write() as session:
            connection = session.connection()
            if not database.is_sqlite:  # SQLite's BEGIN IMMEDIATE is such a lock already
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield configured(connection)
            if database.is_sqlite:
                _check_references(connection)
    finally:
        database.dispose()


def _let_tables_be_written_anew(connection: DBAPIConnection, _record: object) -> None:
    """SQLite changes most of a table by copying it; dropping the old one must not take what refers to it.

    https://www.sqlite.org/lang_altertable.html#otheralter: off before the transaction, checked at its end.
    """
    connection.cursor().execute("PRAGMA foreign_keys=OFF")


def _check_references(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise RuntimeError(f"the migration left a row that refers to nothing: {tuple(broken)}")

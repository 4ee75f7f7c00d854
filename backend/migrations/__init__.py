"""Brings a database to the newest schema, or back. Callable from code, and from inside a wheel.

Two processes may start at once: the second waits for the first, finds everything done, and goes on. Two versions may
run at once: what an older program that is connected still uses is left until it has gone (docs/operate/upgrading.md).
`python -m backend.migrations "what changes"` drafts the next revision from the models.
"""

from __future__ import annotations

from enum import StrEnum

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from backend.kit.database import Database
from backend.migrations.floor import floor_of, older_than, write_floor
from backend.migrations.phases import Phase, Step, batches, between, chain, configuration
from backend.migrations.turns import alone, changing, tries, was_busy


class Refused(RuntimeError):
    """This program and that schema do not go together; the message says what to do."""


class Standing(StrEnum):
    """How a schema stands to this program."""

    NEWEST = "newest"
    WAITING = "waiting"
    """All but what contracts: it waits for older programs to go."""
    NEWER = "newer"
    """Of a newer program, and this one works with it."""
    BEHIND = "behind"


def upgrade(database_url: str, revision: str = "head") -> list[str]:
    """Bring the database up to `revision`, making its folder and file if there are none (SQLite).

    Return the revisions that wait for older programs to go, on PostgreSQL; whoever says it again then, applies them.

    Raises:
        Refused: The schema is newer and took away what this program uses; or a revision has to wait that others need.
    """
    with alone(database_url) as database:
        if not database.is_sqlite:
            return _upgrade_in_steps(database, revision)
        with changing(database) as connection:
            if not _is_newer(connection):
                _apply(connection, revision)
        return []


def downgrade(database_url: str, revision: str) -> None:
    """Bring the database back to `revision`; `base` means empty."""
    with alone(database_url) as database, changing(database) as connection:
        command.downgrade(configured(connection), revision)
        write_floor(connection, revision_of(connection))


def configured(connection: Connection) -> Config:
    """Return Alembic's configuration, working on `connection` inside its open transaction."""
    config = configuration()
    config.attributes["connection"] = connection
    return config


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the database behind `connection`; None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision that this version of the studio works with."""
    return chain()[-1].revision


def knows(revision: str) -> bool:
    """Return whether this version of the studio has that revision, as its newest or before it."""
    return revision in {step.revision for step in chain()}


def standing_of(connection: Connection) -> Standing:
    """Return how the schema behind `connection` stands to this program."""
    at = revision_of(connection)
    if at and not knows(at):
        return Standing.NEWER
    left = between(at, "head")
    if not left:
        return Standing.NEWEST
    waits = at and all(step.phase is Phase.CONTRACT for step in left)
    return Standing.WAITING if waits else Standing.BEHIND


def _is_newer(connection: Connection) -> bool:
    """Return whether a newer program made this schema, one that this program works with."""
    at = revision_of(connection)
    if not at or knows(at):
        return False
    floor = floor_of(connection)
    if floor and not knows(floor):
        raise Refused(
            f"the database has schema {at}, which needs a program of schema {floor} or newer, and this one is of "
            f"{newest()}: start the newer version of Atelier"
        )
    return True


def _upgrade_in_steps(database: Database, revision: str) -> list[str]:
    with database.read() as session:
        if _is_newer(session.connection()):
            return []
        at = revision_of(session.connection())
    left = between(at, revision)
    # In an empty database nobody works yet.
    for batch in [left] if at is None and left else list(batches(left)):
        if at and _has_to_wait(database, batch[0]):
            return _left_for_later(left[left.index(batch[0]) :])
        if at and batch[0].alone:
            _apply_alone(database, batch[0])
        else:
            _apply_patiently(database, batch[-1].revision)
    return []


def _has_to_wait(database: Database, step: Step) -> bool:
    if step.phase is Phase.EXPAND or not step.oldest:
        return False
    with database.read() as session:
        return older_than(session.connection(), step.oldest) > 0


def _left_for_later(left: list[Step]) -> list[str]:
    """Return the names of what waits; nothing that others need may be among it."""
    if any(step.phase is Phase.EXPAND for step in left):
        raise Refused(
            f"revision {left[0].revision} takes away what processes older than {left[0].oldest} use, and some are "
            "connected: finish that upgrade first by stopping them, and start this version again"
        )
    return [step.revision for step in left]


def _apply_patiently(database: Database, revision: str) -> None:
    """Apply everything up to `revision`; once a table is in use for long, let the others work and try again."""
    for _ in tries():
        try:
            with changing(database) as connection:
                _apply(connection, revision)
        except OperationalError as error:
            if not was_busy(error):
                raise
        else:
            return
    raise Refused(
        f"a table is in use for so long that revision {revision} cannot change it: let what works on it (a backup, "
        "a long query) come to its end, and run `atelier migrate` again"
    )


def _apply(connection: Connection, revision: str) -> None:
    command.upgrade(configured(connection), revision)
    write_floor(connection, revision_of(connection))


def _apply_alone(database: Database, step: Step) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        command.upgrade(configured(connection), step.revision)

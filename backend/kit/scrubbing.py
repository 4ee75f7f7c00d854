"""Takes what was deleted out of the database's files too, where it stays readable until it is written over."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.kit.database import Database

_PATIENCE_S: Final = 10.0
_AGAIN_S: Final = 0.02


def scrub(database: Database) -> None:
    """Leave no deleted row in the files of the database.

    SQLite: the file is written anew (VACUUM; it needs as much room again, and writers wait meanwhile) and the
    write-ahead log is emptied. PostgreSQL: dead rows are given up and the planner's samples of values taken anew;
    their bytes stay on free pages until they are written over.

    Raises:
        OperationalError: Somebody reads or writes all the time; try again later.
    """
    if database.is_sqlite:
        _scrub_sqlite(database)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _scrub_sqlite(database: Database) -> None:
    with database.engine.connect() as connection:
        # The driver's own connection: VACUUM must not be inside the transaction that ours begins.
        driver = connection.connection.cursor()
        connection.rollback()
        driver.execute("VACUUM")
        emptied = _empty_log(driver)
        driver.close()
    if not emptied:
        raise OperationalError("the write-ahead log is being read", None, RuntimeError("busy"))


def _empty_log(driver: Any) -> bool:  # noqa: ANN401
    """Empty the write-ahead log; return whether that was done in time.

    For those who read or write SQLite waits by itself, for another who empties the log it does not.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy or time.monotonic() >= until:
            return not busy
        time.sleep(_AGAIN_S)

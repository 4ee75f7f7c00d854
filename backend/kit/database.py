"""One door to the database, the same for SQLite and PostgreSQL. Knows no table.

A transaction is opened at the edge (a request, a claim, a command) and committed there, once; verbs
work inside it and never commit. On SQLite a writing transaction begins IMMEDIATE: two writers then
queue up at the start instead of failing half-way with "database is locked".
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar

from anyio import to_thread
from fastapi import Depends, Request
from psycopg.errors import DiskFull
from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    ColumnElement,
    Dialect,
    Engine,
    Enum,
    TypeDecorator,
    create_engine,
    event,
    literal_column,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlmodel import Session, SQLModel

from backend.kit.places import places

# Every constraint gets a name that both databases know it by, so that a later revision can change it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

AWAY: Final = (OperationalError, InterfaceError, NoConnection)
"""What is raised while the database does not answer, has no room, or all its connections are taken."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Requests by these read only."""

SESSIONS_AT_ONCE = 10
"""Requests of one process that talk to the database; below its pools, and far below the worker threads."""

_LOCK_WAIT_S = 30
_LOCKED_AGAIN_S = 0.01
_BEFORE_COMMIT = "before_commit"
_AFTER_COMMIT = "after_commit"

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")


class Database:
    """An engine and the two kinds of transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._writing = self.engine.execution_options(atelier_writes=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads; whatever it changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that is committed when the block ends, rolled back when it raises."""
        with Session(self._writing, expire_on_commit=False) as session:
            yield session
            for callback in session.info.pop(_BEFORE_COMMIT, ()):
                callback()
            session.commit()
        for callback in session.info.pop(_AFTER_COMMIT, ()):
            callback()

    def ping(self) -> None:
        """Raise if the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def is_full(error: BaseException) -> bool:
    """Return whether `error` says that the disk of the database is full."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(cause, DiskFull) or (
        isinstance(cause, sqlite3.Error)
        and getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    )


def call_before_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` in the transaction of `session`, as the last thing before its commit."""
    session.info.setdefault(_BEFORE_COMMIT, []).append(callback)


def call_after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run `callback` once `session` has been committed; not at all if it is rolled back."""
    session.info.setdefault(_AFTER_COMMIT, []).append(callback)


def is_sqlite(session: Session) -> bool:
    """Return whether `session` talks to SQLite; the other one is PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def database_time(session: Session) -> ColumnElement[float]:
    """Return the database's own clock, to be used inside a statement: seconds since 1970."""
    # SQLite before 3.42 has no unixepoch('subsec'); Debian 12 carries 3.40.
    return literal_column(
        "(julianday('now') - 2440587.5) * 86400.0"
        if is_sqlite(session)
        else "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
    )


def now_of(session: Session) -> float:
    """Return the database's time, seconds since 1970."""
    return float(session.execute(select(database_time(session))).scalar_one())


def insert_into(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT in the database's own dialect, which knows ON CONFLICT."""
    return (sqlite.insert if is_sqlite(session) else postgresql.insert)(table)


def lock_tables(session: Session, *tables: type[SQLModel], mode: str = "SHARE") -> None:
    """Have whoever adds a row to one of them wait until this writing transaction ends; who has added one is awaited."""
    if not is_sqlite(session):  # where writing transactions are one at a time
        named = ", ".join(str(table.__tablename__) for table in tables)
        session.execute(text(f"LOCK TABLE {named} IN {mode} MODE"))


def open_session(request: Request) -> Iterator[Session]:
    """Yield the request's one session, read-only for safe methods, committed before the answer."""
    database: Database = request.app.state.context.database
    opened = database.read if request.method in SAFE_METHODS else database.write
    with opened() as session:
        yield session


# scope="function" ends the transaction before the response starts: a client that got 202 can rely
# on the row, and a commit that fails is seen as a failure. Few at once: a session that waits for SQLite's
# write lock holds a worker thread, and were every thread to wait so, the one that holds the lock would
# find none to go on with. Whoever waits for their turn holds nothing.
SessionDep = Annotated[
    Session, Depends(open_session, scope="function", max_concurrency=SESSIONS_AT_ONCE)
]


_writers = places("atelier_writers", SESSIONS_AT_ONCE)


async def run_writing(function: Callable[..., R], *arguments: Any) -> R:  # noqa: ANN401
    """Run `function`, which may write in a transaction of its own, in a thread; a few at once, the rest wait.

    Those threads are not among the worker threads, for the reason above.
    """
    return await to_thread.run_sync(function, *arguments, limiter=_writers())


class PydanticJSON(TypeDecorator[M], Generic[M]):
    """A column that holds one pydantic model as JSON and gives it back as the same type."""

    impl = JSON
    cache_ok = True

    def __init__(self, model: type[M]) -> None:
        super().__init__()
        self.model = model

    def process_bind_param(self, value: M | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Turn the model into plain JSON values."""
        return None if value is None else value.model_dump(mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> M | None:  # noqa: ANN401, ARG002
        """Turn stored JSON back into the model."""
        return None if value is None else self.model.model_validate(value)


def stored_words(kind: type[StrEnum], *, length: int) -> Enum:
    """Return the type of a column that holds the words of `kind`, as plain text on every database."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        values_callable=lambda of: [word.value for word in of],
    )


def _postgres_engine(url: str) -> Engine:
    # A server that is away is noticed in seconds, so that the API can say so and the lease be kept.
    patience = {} if "connect_timeout" in make_url(url).query else {"connect_timeout": 5}
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # what people wrote stays out of error messages, and so out of logs
        connect_args=patience,
    )


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": _LOCK_WAIT_S, "check_same_thread": False},  # and busy_timeout
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own BEGIN is switched off, so that ours (below) decides which kind it is.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        write_ahead(cursor)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401
        writes = connection.get_execution_options().get("atelier_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def write_ahead(cursor: Any) -> None:  # noqa: ANN401
    """Switch to write-ahead logging, which SQLite refuses at once while another does the same."""
    until = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_LOCKED_AGAIN_S)
        else:
            return

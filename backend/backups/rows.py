"""Every row of every table as lines of JSON: the same text whichever database it comes from or goes to.

Tables are read from the database itself, not from today's models: an older snapshot is loaded into the schema of its time.
JSON columns go as the text that is stored, moments as UTC with microseconds, bytes as base64.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
)

_SCHEMA: Final = "alembic_version"
_DERIVED: Final = (
    "search_index"  # SQLite's index of words and its parts: triggers fill it with the rows
)
_AT_ONCE: Final = 500


def tables_of(connection: Connection) -> list[Table]:
    """Return every table there is, whatever a table refers to before it."""
    there = MetaData()
    there.reflect(connection)
    return [
        table
        for table in there.sorted_tables
        if table.name != _SCHEMA and not table.name.startswith(_DERIVED)
    ]


def lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield each row as a line, in the order of the primary key."""
    columns = [
        cast(column, Text).label(column.name) if _is_json(column) else column
        for column in _stored(table)
    ]
    query = select(*columns).order_by(*table.primary_key.columns)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(query)
    for row in rows.mappings():
        said = {name: _said(value) for name, value in row.items()}
        yield json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def load(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Add a row for each line and return how many those were."""
    is_sqlite = connection.dialect.name == "sqlite"
    # As text: SQLite would make a number of what is cast to JSON, and its driver a second text of what is JSON.
    plain = Table(table.name, MetaData(), *(_as_stored(column) for column in _stored(table)))
    statement = insert(plain)
    if not is_sqlite:
        statement = statement.values(
            {
                column.name: cast(bindparam(column.name, type_=Text), JSON)
                for column in _stored(table)
                if _is_json(column)
            }
        )
    number, rest = 0, iter(lines)
    while some := list(islice(rest, _AT_ONCE)):
        rows = [_meant(table, json.loads(line), is_sqlite=is_sqlite) for line in some]
        connection.execute(statement, rows)
        number += len(rows)
    return number


def go_on_counting(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number the next row after the last; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for column in table.primary_key.columns:
        if not isinstance(column.type, Integer):
            continue
        names = {"table": f'"{table.name}"', "column": column.name}
        counter = connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), names)
        last = connection.scalar(select(func.max(column)))
        if counter and last:
            connection.execute(
                text("SELECT setval(:counter, :last)"), {"counter": counter, "last": last}
            )


def _stored(table: Table) -> list[Column[Any]]:
    """Return the columns that hold what was written; PostgreSQL reckons others from those."""
    return [column for column in table.columns if column.computed is None]


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _as_stored(column: Column[Any]) -> Column[Any]:
    return Column(column.name, Text() if _is_json(column) else column.type)


def _said(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    return value


def _meant(table: Table, said: Mapping[str, Any], *, is_sqlite: bool) -> dict[str, Any]:
    """Return a row as the database takes it.

    Raises:
        ValueError: It has other columns than the table.
    """
    if odd := said.keys() ^ {column.name for column in _stored(table)}:
        raise ValueError(f"table {table.name}: {', '.join(sorted(odd))} is on one side only")
    return {
        column.name: _value(column, said[column.name], is_sqlite=is_sqlite)
        for column in _stored(table)
    }


def _value(column: Column[Any], said: Any, *, is_sqlite: bool) -> Any:  # noqa: ANN401
    if said is None:
        return None
    if isinstance(column.type, DateTime):
        moment = datetime.fromisoformat(said)
        return moment.replace(tzinfo=None) if is_sqlite else moment
    if isinstance(column.type, Date):
        return date.fromisoformat(said)
    if isinstance(column.type, LargeBinary):
        return b64decode(said)
    return said

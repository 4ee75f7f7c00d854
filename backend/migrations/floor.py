"""Which programs still work with the schema, kept beside it: a program that does not know its revision reads that here.

An older program may start, and go on, on a schema that only grew. Once something was taken away, the oldest program
that works is written down, and an older one refuses to start.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, inspect, text
from sqlmodel import select

from backend.kit.notifier.postgres import APPLICATION
from backend.migrations.models import SchemaFloor
from backend.migrations.phases import Phase, chain

_CONNECTED: Final = text(
    "SELECT DISTINCT pid, application_name FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE :ours"
)
_CONNECTIONS_EACH: Final = 2  # of a notifier


def floor_of(connection: Connection) -> str | None:
    """Return the revision of the oldest program that works with this schema; None where all do."""
    if not inspect(connection).has_table(str(SchemaFloor.__tablename__)):
        return None
    return connection.execute(select(SchemaFloor.revision)).scalar_one_or_none()


def write_floor(connection: Connection, revision: str | None) -> None:
    """Write down what the steps up to `revision` took away; call it in the transaction that takes it."""
    if not inspect(connection).has_table(str(SchemaFloor.__tablename__)):
        return
    floor = None
    for step in chain() if revision else []:
        floor = step.oldest if step.phase is Phase.CONTRACT else floor
        if step.revision == revision:
            break
    connection.execute(delete(SchemaFloor))
    if floor:
        connection.execute(insert(SchemaFloor).values(id=1, revision=floor))


def older_than(connection: Connection, oldest: str) -> int:
    """Return how many processes of programs older than revision `oldest` are connected, on PostgreSQL."""
    known = [step.revision for step in chain()]
    too_old = {"", *known[: known.index(oldest)]}
    rows = connection.execute(_CONNECTED, {"ours": f"{APPLICATION}%"})
    older = [name for _, name in rows if name.removeprefix(APPLICATION).strip() in too_old]
    return -(-len(older) // _CONNECTIONS_EACH)

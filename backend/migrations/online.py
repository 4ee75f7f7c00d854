"""What a revision may do to a large table while the studio works with it."""

from __future__ import annotations

from typing import Any

from alembic import op


def create_index(name: str, table: str, columns: list[str], **how: Any) -> None:  # noqa: ANN401
    """Add an index; on PostgreSQL nobody waits for it who writes. For revisions with `ALONE = True`.

    What an attempt that broke off left behind, which PostgreSQL keeps and does not use, is made anew.
    """
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        op.create_index(name, table, columns, **how)
        return
    # In a new database all revisions happen in one transaction, and nobody waits.
    quietly = bind.connection.dbapi_connection.autocommit  # type: ignore[union-attr] # psycopg's
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=quietly)
    op.create_index(name, table, columns, postgresql_concurrently=quietly, **how)

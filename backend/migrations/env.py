"""What Alembic runs: the models of every feature on one side, an open connection on the other.

The connection and its transaction belong to `backend.migrations`; nothing is committed here.
"""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON
from sqlmodel import AutoString, SQLModel, UTCDateTime

import backend
from backend.kit.database import PydanticJSON


def import_models() -> None:
    """Import every feature's rows, found by where they stand in the tree."""
    home = Path(backend.__file__).parent.parent
    for path in sorted(home.glob("backend/**/models.py")):
        import_module(".".join(path.relative_to(home).with_suffix("").parts))
    import_module("backend.kit.ratelimit")


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Write our own column types into a revision as the plain types that they are stored as."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, PydanticJSON | JSON):
        return "sa.JSON()"
    return False


def run() -> None:
    """Run the wanted revisions on the connection that was handed over."""
    import_models()
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=SQLModel.metadata,
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


logging.getLogger("alembic").setLevel(logging.WARNING)
run()

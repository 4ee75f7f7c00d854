"""The next version of the studio, for tests of upgrades: this one, with a column that it writes and that grew in steps.

`migrating` is its `atelier migrate`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, String

FOLDER: Final = Path(__file__).parent / "versions"
OLD_MOOD, NEW_MOOD = "plain", "bright"
FIRST, INDEX, LAST = "next_1", "next_2", "next_3"


def become() -> None:
    """Make this process one of the next version."""
    from backend.generations.models import Generation
    from backend.migrations import phases

    phases.folders.append(FOLDER)
    table: Any = Generation.__table__  # type: ignore[attr-defined]
    table.append_column(Column("mood", String(20), nullable=False, default=NEW_MOOD))

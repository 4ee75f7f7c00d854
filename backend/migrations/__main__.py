"""Drafts the next revision: `python -m backend.migrations "what changes"`. Read it before keeping it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from backend.kit.database import Database
from backend.migrations import configured, upgrade


def main() -> None:
    """Compare the models with an empty database brought to head, and write down the difference."""
    if len(sys.argv) != 2:  # noqa: PLR2004
        raise SystemExit('say what changes: python -m backend.migrations "add galleries"')
    number = len(list((Path(__file__).parent / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        upgrade(url)
        with Database(url).write() as session:
            command.revision(
                configured(session.connection()),
                sys.argv[1],
                autogenerate=True,
                rev_id=f"{number:04}",
            )


if __name__ == "__main__":
    main()

"""`atelier migrate` of the next version: `python -m tests.faults.next_version.migrating DATABASE_URL`."""

from __future__ import annotations

import json
import sys

from backend import migrations
from tests.faults.next_version import become
from tests.faults.warm import WarmProcess


def migrate(database_url: str) -> list[str]:
    """Run it in a process of its own; return what has to wait."""
    with WarmProcess("tests.faults.next_version.migrating", database_url) as process:
        said: list[str] = json.loads(process.stdout.readline())
    assert process.returncode == 0
    return said


def main(database_url: str) -> None:
    """Bring the database to what the next version needs, and say what waits."""
    become()
    print(json.dumps(migrations.upgrade(database_url)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

"""F18: two processes that serve and two that draw behind a real nginx, one of each killed -9 under load.

Nothing is lost, nothing is doubled, nobody sees an error but those whose request was on its way into the process
that died, and they send it again with the same key.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import holders, ledger_of, until, wait_for_every_end
from tests.faults.load import Load, under_load
from tests.faults.studio import Part, running_studios
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.nginx import running_nginx
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

GENERATIONS = 150
SETTINGS = {"lease_seconds": 3.0, "max_outstanding": 2 * GENERATIONS}
pytestmark = [pytest.mark.faults, pytest.mark.serial, pytest.mark.timeout(180)]


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


def is_caught_drawing(pid: int, workshop: Workshop) -> bool:
    """Hold a process still; say whether it was drawing then, and let it go on if not."""
    os.kill(pid, signal.SIGSTOP)
    drawing = pid in holders(workshop)
    if not drawing:
        os.kill(pid, signal.SIGCONT)
    return drawing


def test_one_of_each_killed(postgres_database: Database, tmp_path: Path, tell: Tell) -> None:
    database = postgres_database
    key = add_key(database, add_user(database))
    workshop = Workshop(database, tmp_path)
    serves = Part(str(database.url), str(tmp_path), {**SETTINGS, "dispatch_concurrency": 0})
    draws = Part(str(database.url), str(tmp_path), {**SETTINGS, "dispatch_concurrency": 4}, step_s=0.02)  # fmt: skip
    keys = iter([f"number {number}" for number in range(GENERATIONS)])
    with (
        running_studios(serves, serves, draws, draws) as [one, other, *drawing],
        running_nginx(tmp_path / "nginx", [port_of(one.url), port_of(other.url)]) as nginx,
    ):
        load = Load(nginx, key)
        with under_load(load, keys):
            until(lambda: len(load.accepted) > GENERATIONS // 3, 60)
            api_died = time.monotonic()
            one.kill()
            until(lambda: len(load.accepted) > GENERATIONS // 2, 60)
            until(lambda: is_caught_drawing(drawing[0].pid, workshop))
            drawing[0].kill()
        rows = wait_for_every_end(workshop, 60)
        with load.client() as client:
            again = {key: load.submit(client, key) for key in load.accepted}
        lines = nginx.lines()
    ledger = ledger_of(workshop, set(load.accepted.values()), 1)
    told: dict[str, Any] = {
        "requests": len(load.sent),
        "client_errors": Counter(one.status for one in load.refused),
        "in_flight_at_the_kill": load.in_flight(api_died),
        "passed_on_by_nginx": sum(len(line.by) > 1 for line in lines),
    }
    tell({"fault": "F18", **ledger, **told})
    assert len(rows) == len(load.accepted) == ledger["succeeded"] == GENERATIONS
    assert (ledger["lost"], ledger["duplicates"], ledger["missing_files"]) == (0, 0, 0)
    assert again == load.accepted
    assert len(load.refused) == told["in_flight_at_the_kill"]
    assert told["passed_on_by_nginx"] >= 1  # or the one that died was never asked
    assert ledger["interrupted"] >= 1

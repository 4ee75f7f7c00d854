"""F13: dispatchers put to sleep for longer than their lease; another one finishes, the woken ones are fenced."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import holders, ledger_of, until, wait_for_every_end
from tests.faults.studio import Part, Studio, running_studio, running_studios
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

LEASE_S, STEPS = 2.0, 40
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def test_whoever_slept_through_its_lease_writes_nothing(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    rows = [workshop.submit(seed=seed, num_inference_steps=STEPS) for seed in range(2)]
    accepted = {row.id for row in rows}
    url, folder = str(database.url), str(tmp_path)
    one = {"dispatch_concurrency": 1, "lease_seconds": LEASE_S}
    # Awake again, the first one knows by its own clock that it is too late. The second one renews no
    # lease, so it does not know, draws to the end, and has to be told by its fence.
    sleepers = (
        Part(url, folder, one, step_s=0.04),
        Part(url, folder, one, step_s=0.04, beats=False),
    )
    other = Part(url, folder, {**one, "dispatch_concurrency": 2}, step_s=0.15)
    with running_studios(*sleepers) as asleep:
        until(lambda: len(holders(workshop)) == 2)
        assert set(holders(workshop)) == {studio.pid for studio in asleep}
        for studio in asleep:
            put_to_sleep(studio, database)
        with running_studio(other) as awake:
            taken_after = until(lambda: holders(workshop) == [awake.pid] * 2)
            for studio in asleep:
                studio.send(signal.SIGCONT)
            came = [studio.hear("outcome", fence=1) for studio in asleep]
            still_held = holders(workshop) == [awake.pid] * 2
            ended = wait_for_every_end(workshop, 30)
            drawn = [awake.hear("outcome", fence=2) for _ in rows]
    told = {
        "fault": "F13",
        **ledger_of(workshop, accepted, 1),
        "taken_after_s": round(taken_after, 1),
        "woken": came,
    }
    tell(told)
    assert came == ["Lost"] * 2
    assert still_held
    assert drawn == ["Drawn"] * 2
    assert (told["succeeded"], told["images"], told["missing_files"]) == (2, 2, 0)
    assert (told["lost"], told["duplicates"]) == (0, 0)
    assert [(row.attempt, row.fence) for row in ended] == [(2, 2)] * 2


def put_to_sleep(studio: Studio, database: Database) -> None:
    """Stop it, but not in the middle of a transaction that writes: with SQLite nobody else could write then."""
    while True:
        studio.send(signal.SIGSTOP)
        if can_write(database):
            return
        studio.send(signal.SIGCONT)


def can_write(database: Database) -> bool:
    if not database.is_sqlite:
        return True
    file = database.engine.url.database
    assert file
    with closing(sqlite3.connect(file, timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True

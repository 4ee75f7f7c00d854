"""F14: a generation that kills its process every time ends as a dead letter, and takes nobody with it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from backend.kit.database import Database
from backend.kit.queue import State
from backend.queue import service
from tests.faults.dispatchers import ledger_of, rows_of
from tests.faults.studio import Part, Studio, running_studio
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

ATTEMPTS, OTHERS, LEASE_S, STEP_S = 3, 3, 5.0, 0.1
WITHIN_S = 90.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]


def died(studio: Studio, workshop: Workshop, until: float) -> bool:
    """Return true once the process was killed, false once every generation has ended."""
    while studio.process.poll() is None:
        assert time.monotonic() < until
        if all(row.state.ended for row in rows_of(workshop)):
            return False
        time.sleep(0.1)
    assert studio.process.returncode == -signal.SIGKILL
    return True


def test_poison_dies_after_its_last_attempt_and_alone(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path, max_attempts=ATTEMPTS)
    poison = workshop.submit(prompt="poison", num_inference_steps=5)
    workshop.become_somebody_else()
    # Drawn beside it, and for longer than it takes to kill: only luck would save them.
    others = [workshop.submit(seed=seed, num_inference_steps=20) for seed in range(OTHERS)]
    part = Part(
        str(database.url),
        str(tmp_path),
        {"dispatch_concurrency": OTHERS + 1, "lease_seconds": LEASE_S},
        step_s=STEP_S,
    )
    deaths, until = 0, time.monotonic() + WITHIN_S
    while True:
        with running_studio(part) as studio:
            if not died(studio, workshop, until):
                break
            deaths += 1
    with database.read() as session:
        letters = service.dead(session, cursor=None, limit=10).items
    rows = {row.id: row for row in rows_of(workshop)}
    told = {
        "fault": "F14",
        "deaths": deaths,
        **ledger_of(workshop, {poison.id, *(row.id for row in others)}, 1),
        "dead_letters": len(letters),
    }
    tell(told)
    assert [(one.id, one.code, one.attempts) for one in letters] == [
        (poison.id, "interrupted", ATTEMPTS)
    ]
    assert deaths == ATTEMPTS
    assert {rows[row.id].state for row in others} == {State.SUCCEEDED}
    assert told["images"] == OTHERS
    assert (told["lost"], told["duplicates"], told["missing_files"]) == (0, 0, 0)

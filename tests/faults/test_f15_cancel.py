"""F15: a cancel is heard in time wherever it is asked for, and whatever ends at that moment ends once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from sqlmodel import col, select

from backend.audit.models import AuditEntry
from backend.kit.database import Database
from backend.kit.queue import State
from tests.faults.dispatchers import holders, ledger_of, rows_of, until, wait_for_every_end
from tests.faults.studio import Part, Studio, running_studios, submit
from tests.fixtures.machine import in_company
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

API = "/api/v1/generations"
STEP_S, AT_ONCE, TRIALS = 0.5, 4, 40
QUEUED_WITHIN_S, RUNNING_WITHIN_S = 1.0, STEP_S + 1.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]


@pytest.fixture
def studios(database: Database, tmp_path: Path) -> Iterator[list[Studio]]:
    """One that serves, one that draws slowly, not yet hearing each other on SQLite."""
    url, folder = str(database.url), str(tmp_path)
    serves = Part(url, folder, {"dispatch_concurrency": 0, "max_outstanding": 2 * TRIALS})
    draws = Part(url, folder, {"dispatch_concurrency": AT_ONCE}, step_s=STEP_S)
    with running_studios(serves, draws) as running:
        yield running


def cancel(client: httpx2.Client, generation_id: str) -> float:
    """Cancel it and return how many seconds later it had ended."""
    since = time.monotonic()
    client.post(f"{API}/{generation_id}/cancel").raise_for_status()

    def has_ended() -> bool:
        return bool(client.get(f"{API}/{generation_id}").json()["state"] == "canceled")

    until(has_ended)
    return time.monotonic() - since


def test_queued_and_running_ones_are_stopped_in_time(
    database: Database,
    key: str,
    studios: list[Studio],
    tmp_path: Path,
    tell: Tell,
) -> None:
    workshop = Workshop(database, tmp_path)
    pages, drawing = studios
    with pages.client(key) as client:
        run = [submit(client, num_inference_steps=100) for _ in range(AT_ONCE)]
        until(lambda: holders(workshop) == [drawing.pid] * AT_ONCE)
        wait = [submit(client) for _ in range(10)]
        queued = [cancel(client, one) for one in wait]
        running = [cancel(client, one) for one in run]
        # None of them is drawn to its end: whoever drew them has room again.
        until(lambda: not holders(workshop))
    told = {
        "fault": "F15",
        "database": database.engine.dialect.name,
        "queued_s": round(max(queued), 3),
        "running_s": round(max(running), 3),
        "step_s": STEP_S,
    }
    tell(told)
    assert max(queued) <= in_company(QUEUED_WITHIN_S)
    assert max(running) <= in_company(RUNNING_WITHIN_S)
    assert {row.state for row in rows_of(workshop)} == {State.CANCELED}


def test_whatever_it_is_doing_it_ends_once_and_as_was_answered(
    database: Database, key: str, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    chance = random.Random(15)
    settings = {"dispatch_concurrency": AT_ONCE, "max_outstanding": TRIALS}
    part = Part(str(database.url), str(tmp_path), settings, step_s=0.02)
    accepted: set[str] = set()

    def trial(studio: Studio, wait_s: float) -> tuple[str, int]:
        with studio.client(key) as client:
            generation_id = submit(client)
            accepted.add(generation_id)
            time.sleep(wait_s)
            return generation_id, client.post(f"{API}/{generation_id}/cancel").status_code

    with running_studios(part) as [studio], ThreadPoolExecutor(AT_ONCE) as pool:
        waits = [chance.uniform(0, 0.4) for _ in range(TRIALS)]
        answers = dict(pool.map(lambda wait_s: trial(studio, wait_s), waits))
        rows = wait_for_every_end(workshop, 30)
    ends = {row.id: row.state for row in rows}
    told = {
        "fault": "F15",
        "trials": TRIALS,
        **ledger_of(workshop, accepted, 1),
        "canceled": sum(state is State.CANCELED for state in ends.values()),
        "ended_twice": sum(count > 1 for count in ends_written(database).values()),
    }
    tell(told)
    assert set(answers.values()) == {200, 409}
    assert ends == {
        key: State.CANCELED if status == 200 else State.SUCCEEDED for key, status in answers.items()
    }
    assert (told["ended_twice"], told["lost"], told["duplicates"]) == (0, 0, 0)
    assert told["images"] == told["succeeded"]


def ends_written(database: Database) -> Counter[str]:
    """Return how many ends were written down about each generation."""
    finals = [f"generation.{state}" for state in State if state.ended]
    with database.read() as session:
        entries = select(AuditEntry.subject).where(col(AuditEntry.verb).in_(finals))
        return Counter(session.exec(entries))

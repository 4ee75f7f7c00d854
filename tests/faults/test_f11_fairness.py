"""F11: one person with two hundred waiting delays nobody, and low priority gets its share of a full line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from backend.generations.models import Generation
from backend.kit.database import Database
from tests.faults.dispatchers import rows_of, until
from tests.faults.studio import Part, running_studio, submit
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

WORKERS, MANY, LIGHT = 2, 200, 9
LINE = {"high": 80, "normal": 24, "low": 8}
SERVED, LOW_SHARE = 84, 0.04
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def claims_before(rows: list[Generation], generation_id: str) -> list[Generation]:
    """Return the claims from its submission up to its own, itself included."""
    [mine] = [row for row in rows if row.id == generation_id]
    assert mine.started_at
    begun = [row for row in rows if row.started_at and row.started_at <= mine.started_at]
    return [mine] + [
        row
        for row in begun
        if row.started_at and row.started_at > mine.created_at and row is not mine
    ]


def test_one_person_with_many_delays_nobody(database: Database, tmp_path: Path, tell: Tell) -> None:
    workshop = Workshop(database, tmp_path)
    hog, *light = [add_key(database, add_user(database)) for _ in range(1 + 2 * LIGHT)]
    settings = {"dispatch_concurrency": WORKERS, "max_outstanding": MANY}
    part = Part(str(database.url), str(tmp_path), settings, step_s=0.1)
    with running_studio(part) as studio, ThreadPoolExecutor(LIGHT) as pool:
        with studio.client(hog) as client:
            many = {submit(client) for _ in range(MANY)}

        def ask(key: str) -> str:
            with studio.client(key) as client:
                return submit(client)

        def has_begun(generation_id: str) -> bool:
            with database.read() as session:
                row = session.get(Generation, generation_id)
                return row is not None and row.started_at is not None

        one_by_one = []
        for key in light[:LIGHT]:
            one_by_one.append(ask(key))
            until(lambda: has_begun(one_by_one[-1]))
        together = Barrier(LIGHT)
        at_once = list(pool.map(lambda key: (together.wait(), ask(key))[1], light[LIGHT:]))
        until(lambda: all(has_begun(one) for one in at_once))
        rows = rows_of(workshop)
    of_anybody = [len(claims_before(rows, one)) for one in one_by_one]
    of_the_hog = [sum(row.id in many for row in claims_before(rows, one)) for one in at_once]
    told = {
        "fault": "F11",
        "database": database.engine.dialect.name,
        "of_one_person": MANY,
        "still_waiting": sum(row.id in many and row.started_at is None for row in rows),
        "claims_until_served": of_anybody,
        "claims_of_the_one_before_nine_at_once": of_the_hog,
    }
    tell(told)
    assert any(row.id in many and row.started_at is None for row in rows)
    assert max(of_anybody) <= WORKERS + 2
    assert max(of_the_hog) <= WORKERS + 2


def test_low_priority_gets_its_share_of_a_full_line(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    admin = add_key(database, add_user(database, "admin"))
    keys = {priority: add_key(database, add_user(database)) for priority in LINE}
    settings = {"dispatch_concurrency": WORKERS, "max_outstanding": MANY}
    part = Part(str(database.url), str(tmp_path), settings, step_s=0.01)
    with running_studio(part) as studio, studio.client(admin) as operator:
        operator.post("/api/v1/queue/drain").raise_for_status()
        for priority, number in LINE.items():
            with studio.client(keys[priority]) as client:
                for _ in range(number):
                    submit(client, priority=priority)
        operator.post("/api/v1/queue/resume").raise_for_status()
        until(lambda: sum(row.started_at is not None for row in rows_of(workshop)) >= SERVED)
        begun = [row for row in rows_of(workshop) if row.started_at]
    begun.sort(key=lambda row: (row.started_at, row.tag, row.id))
    served = [row.priority.value for row in begun[:SERVED]]
    told = {
        "fault": "F11",
        "database": database.engine.dialect.name,
        "served": {priority: served.count(priority) for priority in LINE},
        "low_share": round(served.count("low") / SERVED, 4),
        "first_low_at": served.index("low") + 1,
    }
    tell(told)
    assert served.count("low") / SERVED >= LOW_SHARE
    assert served.count("high") < LINE["high"]

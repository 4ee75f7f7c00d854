"""Dispatchers killed -9 in the middle of their work lose nothing and double nothing; F1 does it at length."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import Dispatchers, busy_ones, ledger_of, wait_for_every_end
from tests.fixtures.workshop import Workshop

GENERATIONS, IMAGES_EACH, KILLS, DISPATCHERS = 6, 2, 3, 2
WITHIN_S = 120.0


@pytest.mark.serial
def test_killed_dispatchers_lose_no_image_and_double_none(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop = Workshop(database, tmp_path, max_attempts=20)
    accepted = {
        workshop.submit(num_images=IMAGES_EACH, seed=number).id for number in range(GENERATIONS)
    }
    dispatchers = Dispatchers(workshop, tmp_path)
    try:
        for _ in range(DISPATCHERS):
            dispatchers.start()
        for _ in range(KILLS):
            dispatchers.kill(_a_busy_one(workshop, dispatchers))
            dispatchers.start()
        wait_for_every_end(workshop, WITHIN_S)
    finally:
        dispatchers.kill_all()
    ledger = {"kills": KILLS, **ledger_of(workshop, accepted, IMAGES_EACH)}
    with capsys.disabled():
        print(f"\n{json.dumps(ledger)}")  # noqa: T201
    assert ledger["succeeded"] == GENERATIONS
    assert ledger["images"] == GENERATIONS * IMAGES_EACH
    assert (ledger["lost"], ledger["duplicates"], ledger["missing_files"]) == (0, 0, 0)
    assert ledger["interrupted"] >= 1


def _a_busy_one(workshop: Workshop, dispatchers: Dispatchers) -> int:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        alive = [pid for pid in busy_ones(workshop) if dispatchers.runs(pid)]
        if alive:
            return alive[0]
        time.sleep(0.02)
    raise AssertionError("nobody claimed anything")

"""F1: dispatchers killed -9 at random while they work through two hundred generations, on each database."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import Dispatchers, busy_ones, ledger_of, wait_for_every_end
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

GENERATIONS, IMAGES_EACH, KILLS, DISPATCHERS = 200, 2, 30, 3
BETWEEN_KILLS_S = (0.1, 1.0)
WITHIN_S = 300.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


def test_nothing_is_lost_and_nothing_is_doubled(
    database: Database, tmp_path: Path, tell: Tell
) -> None:
    chance = random.Random(1)
    workshop = Workshop(database, tmp_path, max_attempts=100, max_outstanding=GENERATIONS)
    accepted = {
        workshop.submit(num_images=IMAGES_EACH, seed=number).id for number in range(GENERATIONS)
    }
    dispatchers = Dispatchers(workshop, tmp_path)
    kills = 0
    began = time.monotonic()
    try:
        for _ in range(DISPATCHERS):
            dispatchers.start()
        while kills < KILLS:
            assert time.monotonic() - began < WITHIN_S
            time.sleep(chance.uniform(*BETWEEN_KILLS_S))
            alive = [pid for pid in busy_ones(workshop) if dispatchers.runs(pid)]
            if alive:
                dispatchers.kill(chance.choice(alive))
                dispatchers.start()
                kills += 1
        wait_for_every_end(workshop, WITHIN_S)
    finally:
        dispatchers.kill_all()
    ledger = {"fault": "F1", "kills": kills, **ledger_of(workshop, accepted, IMAGES_EACH)}
    tell(ledger)
    assert ledger["succeeded"] == ledger["ended"] == GENERATIONS
    assert ledger["images"] == GENERATIONS * IMAGES_EACH
    assert (ledger["lost"], ledger["duplicates"], ledger["missing_files"]) == (0, 0, 0)
    assert ledger["interrupted"] >= 1

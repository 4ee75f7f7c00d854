"""F17: dispatchers killed -9 between two steps of a recipe, and at random: each step is drawn once, on each database."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from backend.kit.database import Database
from backend.recipes import running
from backend.recipes.models import PlannedStep, RecipeRun, RecipeRunStep
from backend.recipes.running import Asked
from backend.recipes.schemas import RunCreate, RunState
from backend.recipes.steps import Over, RecipeStep
from tests.faults.dispatchers import Dispatchers, busy_ones, rows_of, until
from tests.faults.processes import Processes
from tests.fixtures.scripted import CARD
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

RUNS, STEPS, KILLS, DISPATCHERS = 20, 3, 10, 2
BETWEEN_KILLS_S = (0.1, 0.8)
WITHIN_S = 240.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


def begin(workshop: Workshop) -> str:
    steps = [RecipeStep(over=Over.NOTHING, prompt="a red dress")]
    steps += [RecipeStep(prompt="a watercolour", strength=0.5)] * (STEPS - 1)
    planned = tuple(PlannedStep(settings=step, card=CARD) for step in steps)
    asked = Asked("recipe", "Finish", planned, RunCreate())
    with workshop.context.database.write() as session:
        [run] = running.begin(session, workshop.context, workshop.actor, asked).rows
        return run.id


def runs_of(workshop: Workshop) -> list[RecipeRun]:
    with workshop.context.database.read() as session:
        return list(session.exec(select(RecipeRun)))


def all_ended(workshop: Workshop) -> bool:
    return all(not run.state.alive for run in runs_of(workshop))


def drawn(workshop: Workshop) -> Counter[tuple[str, int]]:
    """Return how many generations each step of each run has."""
    with workshop.context.database.read() as session:
        steps = session.exec(select(RecipeRunStep)).all()
    return Counter((step.run_id, step.place) for step in steps)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_that_dies_between_two_steps(database: Database, tmp_path: Path, moment: str) -> None:
    workshop = Workshop(database, tmp_path, max_attempts=20)
    run = begin(workshop)
    dying = Processes("tests.backend.dispatch.dying", str(database.url), tmp_path, moment)
    dispatchers = Dispatchers(workshop, tmp_path)
    try:
        pid = dying.start()
        until(lambda: not dying.is_alive(pid))
        # Both are there, or neither: never a step that succeeded alone.
        submitted = 2 if moment == "after" else 1
        assert sum(drawn(workshop).values()) == len(rows_of(workshop)) == submitted
        dispatchers.start()
        until(lambda: all_ended(workshop), within_s=60)
    finally:
        dying.kill_all()
        dispatchers.kill_all()
    assert [one.state for one in runs_of(workshop)] == [RunState.SUCCEEDED]
    assert drawn(workshop) == {(run, place): 1 for place in range(STEPS)}
    assert len(rows_of(workshop)) == STEPS


def test_killed_at_random(database: Database, tmp_path: Path, tell: Tell) -> None:
    chance = random.Random(1)
    workshop = Workshop(database, tmp_path, max_attempts=100)
    begun = [begin(workshop) for _ in range(RUNS)]
    dispatchers = Dispatchers(workshop, tmp_path)
    kills = 0
    began = time.monotonic()
    try:
        for _ in range(DISPATCHERS):
            dispatchers.start()
        while kills < KILLS and not all_ended(workshop):
            assert time.monotonic() - began < WITHIN_S
            time.sleep(chance.uniform(*BETWEEN_KILLS_S))
            alive = [pid for pid in busy_ones(workshop) if dispatchers.runs(pid)]
            if alive:
                dispatchers.kill(chance.choice(alive))
                dispatchers.start()
                kills += 1
        until(lambda: all_ended(workshop), within_s=WITHIN_S)
    finally:
        dispatchers.kill_all()
    each = drawn(workshop)
    tell({"fault": "F17", "kills": kills, "runs": RUNS, "generations": len(rows_of(workshop))})
    assert {run.state for run in runs_of(workshop)} == {RunState.SUCCEEDED}
    assert each == {(run, place): 1 for run in begun for place in range(STEPS)}
    assert len(rows_of(workshop)) == RUNS * STEPS

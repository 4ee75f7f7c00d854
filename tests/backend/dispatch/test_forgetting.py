"""Deliveries that ended long ago go, and no other, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, update

from backend.dispatch import forgetting
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.queue import State
from backend.webhooks.models import Delivery
from tests.fixtures.hooks import HookWorkshop

NOWHERE = "https://hooks.example.com/atelier"
DAYS = 30.0


@pytest.fixture
def hooks(database: Database, tmp_path: Path) -> HookWorkshop:
    made = HookWorkshop(database, tmp_path, delivery_days=DAYS)
    made.hook(NOWHERE)
    return made


def let_end(hooks: HookWorkshop, state: State, *, days_ago: float, waits: bool = False) -> str:
    """Write a delivery that came to that state so long ago; return its id."""
    known = {row.id for row in hooks.deliveries()}
    hooks.canceled_generation()
    [told] = [row.id for row in hooks.deliveries() if row.id not in known]
    then = utc_now() - timedelta(days=days_ago)
    ended = None if waits else then
    with hooks.context.database.write() as session:
        this = update(Delivery).where(col(Delivery.id) == told)
        session.execute(this.values(state=state, created_at=then, ended_at=ended))
    return told


def kept(hooks: HookWorkshop) -> set[str]:
    return {row.id for row in hooks.deliveries()}


def test_what_ended_long_ago_is_forgotten_however_it_ended(hooks: HookWorkshop) -> None:
    for state in (State.SUCCEEDED, State.FAILED, State.CANCELED):
        let_end(hooks, state, days_ago=DAYS + 1)
    late = {let_end(hooks, state, days_ago=DAYS - 1) for state in (State.SUCCEEDED, State.FAILED)}
    waiting = {
        let_end(hooks, state, days_ago=2 * DAYS, waits=True)
        for state in (State.QUEUED, State.RUNNING)
    }
    assert forgetting.forget(hooks.context) == 3
    assert kept(hooks) == late | waiting
    assert forgetting.forget(hooks.context) == 0


def test_one_that_is_sent_again_by_hand_stays(hooks: HookWorkshop) -> None:
    again = let_end(hooks, State.FAILED, days_ago=2 * DAYS)
    with hooks.context.database.write() as session:
        sent_again = update(Delivery).where(col(Delivery.id) == again)
        session.execute(sent_again.values(state=State.QUEUED))
    assert forgetting.forget(hooks.context) == 0
    assert kept(hooks) == {again}


def test_goes_on_until_nothing_old_is_left(
    hooks: HookWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    monkeypatch.setattr(forgetting, "FIRST_WITHIN_S", 0.0)
    for _ in range(5):
        let_end(hooks, State.SUCCEEDED, days_ago=DAYS + 1)
    young = let_end(hooks, State.SUCCEEDED, days_ago=0)

    async def scenario() -> None:
        watching = asyncio.create_task(forgetting.watch(hooks.context))
        async with asyncio.timeout(10):
            while len(await asyncio.to_thread(hooks.deliveries)) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(scenario())
    assert kept(hooks) == {young}


def test_nothing_is_forgotten_when_they_are_to_be_kept_for_ever(
    database: Database, tmp_path: Path
) -> None:
    hooks = HookWorkshop(database, tmp_path, delivery_days=0, upload_days=0)
    hooks.hook(NOWHERE)
    let_end(hooks, State.SUCCEEDED, days_ago=1000)
    asyncio.run(forgetting.watch(hooks.context))  # returns at once
    assert len(hooks.deliveries()) == 1

"""What somebody who waits is told: the place, the seconds, and the reason."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, update

from backend.dispatch.outcomes import Deferred
from backend.dispatch.settlement import settle
from backend.generations import streams
from backend.generations.models import Generation, queue
from backend.generations.presentation import present
from backend.generations.schemas import GenerationPublic, WaitCode, WaitPublic
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.queue import Lease, State
from tests.fixtures.workshop import Workshop

MEASURED_S = 8.0


def shown(workshop: Workshop, *rows: Generation) -> list[GenerationPublic]:
    fresh = [workshop.row(row) for row in rows]
    with workshop.context.database.read() as session:
        return present(session, workshop.context, fresh)


def code_of(workshop: Workshop, row: Generation) -> WaitCode:
    reason = shown(workshop, row)[0].waiting_for
    assert reason
    assert reason.message
    return reason.code


def change(workshop: Workshop, row: Generation, **values: Any) -> None:
    with workshop.context.database.write() as session:
        session.execute(update(Generation).where(col(Generation.id) == row.id).values(**values))


def measure(workshop: Workshop) -> None:
    """Have one generation of the usual size finished in eight seconds."""
    now = utc_now()
    change(
        workshop,
        workshop.submit(),
        state=State.SUCCEEDED,
        started_at=now - timedelta(seconds=MEASURED_S),
        ended_at=now,
    )


class TestEstimates:
    def test_are_null_while_nothing_was_measured(self, workshop: Workshop) -> None:
        rows = [workshop.submit() for _ in range(2)]
        first, second = shown(workshop, *rows)
        assert (first.position, second.position) == (0, 1)
        assert first.estimated_start_s is first.estimated_wait_s is None
        assert second.estimated_start_s is second.estimated_wait_s is None

    def test_share_what_is_before_among_as_many_as_run_at_once(self, workshop: Workshop) -> None:
        measure(workshop)
        rows = [workshop.submit() for _ in range(6)]
        workshop.claim(2)  # two at a time is all there is room for
        third, fourth, fifth, sixth = shown(workshop, *rows[2:])
        starts = [one.estimated_start_s for one in (third, fourth, fifth, sixth)]
        assert starts == pytest.approx([8, 12, 16, 20], abs=0.5)
        assert sixth.estimated_wait_s == pytest.approx(28, abs=0.5)

    def test_are_nothing_for_whom_there_is_room(self, workshop: Workshop) -> None:
        measure(workshop)
        [one] = shown(workshop, workshop.submit())
        assert (one.estimated_start_s, one.estimated_wait_s) == (0, MEASURED_S)

    def test_weigh_each_model_by_its_own_pace(self, workshop: Workshop) -> None:
        measure(workshop)
        small, large, last = (workshop.submit() for _ in range(3))
        slow = large.parameters.model_copy(update={"model": "slow"})
        change(workshop, large, parameters=slow)
        for row in (workshop.submit(), workshop.submit()):
            change(workshop, row, parameters=slow, state=State.SUCCEEDED)
            began = utc_now() - timedelta(seconds=40)
            change(workshop, row, started_at=began, ended_at=began + timedelta(seconds=40))
        [told] = shown(workshop, last)
        assert told.position == 2
        assert told.estimated_start_s == pytest.approx((8 + 40) / 2, abs=0.5)
        assert shown(workshop, small)[0].estimated_start_s == 0

    def test_do_not_ask_once_a_row(self, workshop: Workshop) -> None:
        measure(workshop)
        rows = [workshop.submit() for _ in range(30)]
        asked: list[str] = []

        def count(*heard: Any) -> None:
            if heard[2].startswith("SELECT"):
                asked.append(heard[2])

        event.listen(workshop.context.database.engine, "before_cursor_execute", count)
        with workshop.context.database.read() as session:
            present(session, workshop.context, rows[:1])
            of_one = len(asked)
            present(session, workshop.context, rows)
        assert len(asked) == 2 * of_one


class TestReasons:
    def test_others_or_only_room(self, workshop: Workshop) -> None:
        first, second = workshop.submit(), workshop.submit()
        assert code_of(workshop, first) is WaitCode.ROOM
        assert code_of(workshop, second) is WaitCode.OTHERS

    def test_a_failed_attempt_says_when_the_next_is(self, workshop: Workshop) -> None:
        measure(workshop)
        row = workshop.submit()
        [held] = workshop.claim()
        with workshop.context.database.write() as session:
            queue.retry(session, Lease(held.id, held.fence), attempt=held.attempt)
            later = queue.now(session) + 30
        change(workshop, row, run_at=later)
        [told] = shown(workshop, row)
        assert told.waiting_for
        assert (told.waiting_for.code, told.position) == (WaitCode.RETRY, 0)
        assert told.waiting_for.until
        assert told.waiting_for.until.timestamp() == pytest.approx(later, abs=0.01)
        assert "Attempt 1 of 3" in told.waiting_for.message
        assert told.estimated_start_s == pytest.approx(30, abs=2)

    def test_paused_knows_no_place_and_is_before_nobody(self, workshop: Workshop) -> None:
        measure(workshop)
        row, behind = workshop.submit(), workshop.submit()
        with workshop.context.database.write() as session:
            queue.pause(session, row.id)
        paused, other = shown(workshop, row, behind)
        assert paused.waiting_for
        assert paused.waiting_for.code is WaitCode.PAUSED
        assert paused.position is paused.estimated_start_s is paused.estimated_wait_s is None
        assert other.position == 0

    def test_drained(self, workshop: Workshop) -> None:
        measure(workshop)
        row = workshop.submit()
        with workshop.context.database.write() as session:
            assert queue.gate.shut(session)
        [told] = shown(workshop, row)
        assert told.waiting_for
        assert told.waiting_for.code is WaitCode.DRAINED
        assert (told.position, told.estimated_start_s) == (0, None)
        with workshop.context.database.write() as session:
            assert queue.gate.open(session)
        assert code_of(workshop, row) is WaitCode.ROOM

    def test_inference_away_is_told_to_everybody_until_it_is_back(self, workshop: Workshop) -> None:
        tried, behind = workshop.submit(), workshop.submit()
        [held] = workshop.claim()
        settle(workshop.context, Lease(held.id, held.fence), Deferred(away=True))
        assert code_of(workshop, tried) is WaitCode.INFERENCE
        assert code_of(workshop, behind) is WaitCode.INFERENCE
        with workshop.context.database.write() as session:
            queue.gate.note_back(session)
        assert code_of(workshop, tried) is WaitCode.ROOM

    def test_a_full_replica_is_not_one_that_is_away(self, workshop: Workshop) -> None:
        row = workshop.submit()
        [held] = workshop.claim()
        settle(workshop.context, Lease(held.id, held.fence), Deferred(2.0))
        assert code_of(workshop, row) is WaitCode.ROOM

    def test_nothing_once_it_waits_no_more(self, workshop: Workshop) -> None:
        row = workshop.submit()
        workshop.claim()
        [told] = shown(workshop, row)
        assert (told.waiting_for, told.position, told.estimated_start_s) == (None, None, None)


def test_a_dispatcher_notes_that_inference_is_away_and_back(
    database: Database, tmp_path: Path
) -> None:
    async def scenario() -> None:
        workshop = Workshop(database, tmp_path)
        async with workshop.dispatching():
            async with asyncio.timeout(20):
                await workshop.ended(workshop.submit())  # it knows the models by now
                workshop.inference.away = True
                row = workshop.submit()
                while not _told_away(workshop, row):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            workshop.inference.away = False
            await workshop.ended(row)
        with workshop.context.database.read() as session:
            assert queue.gate.read(session).away_until is None

    asyncio.run(scenario())


def _told_away(workshop: Workshop, row: Generation) -> bool:
    reason = shown(workshop, row)[0].waiting_for  # none while it is being tried
    return reason is not None and reason.code is WaitCode.INFERENCE


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_stream_tells_how_the_line_grows_shorter(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK_EVERY_S", 0.1)

    async def scenario() -> None:
        first, second = workshop.submit(), workshop.submit()
        stream = streams.of_generation(workshop.context, workshop.actor, second.id, None)
        told = await anext(stream)
        assert told.data.position == 1
        with workshop.context.database.write() as session:
            queue.cancel(session, first.id)
        async with asyncio.timeout(10):
            told = await anext(stream)
        assert told.event == "wait"
        assert isinstance(told.data, WaitPublic)
        assert (told.data.generation_id, told.data.position) == (second.id, 0)

    asyncio.run(scenario())

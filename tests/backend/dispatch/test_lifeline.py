"""What a dead dispatcher held is given back, or given up after the last attempt."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlmodel import update

from backend.dispatch.lifeline import reap
from backend.generations.models import Generation, queue
from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures.workshop import Workshop


def die(workshop: Workshop) -> None:
    """Claim everything and never be heard of again."""
    with workshop.context.database.write() as session:
        queue.claim(session, owner="dead", lease_seconds=60, limit=99)
        session.execute(update(Generation).values(lease_until=queue.now(session) - 1))


class TestReap:
    def test_gives_back_and_counts_the_attempt(self, workshop: Workshop) -> None:
        row = workshop.submit()
        die(workshop)
        assert reap(workshop.context) == 1
        back = workshop.row(row)
        assert (back.state, back.attempt, back.lease_owner) == (State.QUEUED, 1, None)
        assert reap(workshop.context) == 0

    def test_gives_up_after_the_last_attempt(self, database: Database, tmp_path: Path) -> None:
        workshop = Workshop(database, tmp_path, max_attempts=1)
        row = workshop.submit()
        die(workshop)
        reap(workshop.context)
        ended = workshop.row(row)
        assert (ended.state, ended.error_code) == (State.FAILED, "interrupted")
        assert ended.error_message
        assert ended.ended_at

    def test_ends_what_was_to_be_canceled(self, workshop: Workshop) -> None:
        row = workshop.submit()
        die(workshop)
        workshop.cancel(row)
        reap(workshop.context)
        assert workshop.row(row).state is State.CANCELED

    def test_leaves_the_living_alone(self, workshop: Workshop) -> None:
        row = workshop.submit()
        workshop.claim(owner="alive")
        assert reap(workshop.context) == 0
        assert workshop.row(row).state is State.RUNNING


class TestWatch:
    def test_a_dispatcher_finishes_what_a_dead_one_began(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            workshop = Workshop(database, tmp_path, lease_seconds=3)
            row = workshop.submit()
            die(workshop)
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert (ended.state, ended.attempt, ended.fence) == (State.SUCCEEDED, 2, 2)
            # The dead one's drawing may go on at the replica: it is told to stop.
            assert workshop.inference.canceled == [f"{row.id}-1"]

        asyncio.run(scenario())

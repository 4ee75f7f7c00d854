"""PostgreSQL is killed in the middle of a generation and comes back; nothing is lost or drawn twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.workshop import Workshop


@pytest.fixture
def studio_on_postgres(postgres_database: Database, tmp_path: Path) -> Workshop:
    return Workshop(postgres_database, tmp_path)


@pytest.mark.serial
def test_a_generation_outlives_its_database(
    studio_on_postgres: Workshop, postgres_server: PostgresServer
) -> None:
    workshop = studio_on_postgres

    async def scenario() -> None:
        row = workshop.submit()
        async with workshop.dispatching():
            with workshop.inference.hold():
                await workshop.inference.previewed.wait()
                postgres_server.kill()
            # Drawn by now, with nowhere to write it down; the lease lasts thirty seconds.
            await asyncio.sleep(1)
            await asyncio.to_thread(postgres_server.start)
            ended = await workshop.ended(row)
            another = await workshop.ended(await asyncio.to_thread(workshop.submit))
        assert (ended.state, ended.attempt, ended.fence) == (State.SUCCEEDED, 1, 1)
        assert another.state is State.SUCCEEDED

    asyncio.run(scenario())

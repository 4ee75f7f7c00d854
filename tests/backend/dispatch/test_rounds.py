"""A round goes on whatever one look comes to, and says in the log what it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from backend.dispatch.rounds import go_round
from backend.kit.errors import Conflict

_log = logging.getLogger("atelier.test")


def test_goes_on_after_every_kind_of_trouble(caplog: pytest.LogCaptureFixture) -> None:
    troubles: Iterator[Exception | None] = iter(
        [
            OperationalError("SELECT 'secret'", None, RuntimeError("away")),
            OSError("the store is away"),
            Conflict("not now"),
            ZeroDivisionError("a bug"),
            None,
        ]
    )
    well = asyncio.Event()

    async def look() -> None:
        trouble = next(troubles)
        if trouble:
            raise trouble
        well.set()
        await asyncio.Event().wait()

    async def scenario() -> None:
        going = asyncio.create_task(go_round(look, every_s=0.0, log=_log, what="looking"))
        async with asyncio.timeout(10):
            await well.wait()
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        assert going.cancelled()

    with caplog.at_level(logging.WARNING, "atelier.test"):
        asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == [
        "looking: OperationalError",
        "looking: the store is away",
        "looking: not now",
        "looking",
    ]
    assert [bool(record.exc_info) for record in caplog.records] == [False, False, False, True]
    assert "secret" not in caplog.text


def test_first_looks_at_some_moment_within_the_time_that_is_given() -> None:
    looked: list[float] = []

    async def look() -> None:
        looked.append(asyncio.get_running_loop().time())

    async def scenario() -> float:
        began = asyncio.get_running_loop().time()
        going = asyncio.create_task(
            go_round(look, every_s=60.0, first_within_s=0.05, log=_log, what="looking")
        )
        async with asyncio.timeout(10):
            while not looked:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        going.cancel()
        return looked[0] - began

    assert asyncio.run(scenario()) < 5
    assert len(looked) == 1

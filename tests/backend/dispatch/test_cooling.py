"""Rate limits that say nothing any more are forgotten, on both databases; the dispatcher sees to it."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col, select, update

from backend.dispatch import cooling
from backend.kit import ratelimit
from backend.kit.ratelimit import Policy, RateLimit
from tests.fixtures.workshop import Workshop

POLICY = Policy("wrong_credentials", quota=2)


def test_old_ones_go_and_no_other(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    with workshop.context.database.write() as session:
        for number in range(5):
            ratelimit.take(session, POLICY, f"203.0.113.{number}")
        past = col(RateLimit.key) != "wrong_credentials:203.0.113.4"
        session.execute(update(RateLimit).where(past).values(tat=1.0))
    monkeypatch.setattr(cooling, "AT_ONCE", 3)
    assert [cooling.forget(workshop.context) for _ in range(3)] == [3, 1, 0]
    with workshop.context.database.read() as session:
        assert session.exec(select(RateLimit.key)).all() == ["wrong_credentials:203.0.113.4"]


def test_a_dispatcher_looks_by_itself(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = asyncio.Event()
    monkeypatch.setattr(cooling, "LOOK_EVERY_S", 0.01)

    async def seen() -> None:
        loop = asyncio.get_running_loop()

        def forget(_context: object) -> int:
            loop.call_soon_threadsafe(looked.set)
            return 0

        monkeypatch.setattr(cooling, "forget", forget)
        async with workshop.dispatching():
            await asyncio.wait_for(looked.wait(), 20)

    asyncio.run(seen())

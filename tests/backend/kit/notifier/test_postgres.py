"""Processes hear each other through PostgreSQL: long messages, many, and across its death."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.kit.notifier import MISSED, Reach, Subscription
from backend.kit.notifier.outbox import Outbox
from backend.kit.notifier.postgres import PostgresNotifier
from tests.fixtures.postgres import PostgresServer

ROOT = Path(__file__).parents[4]
SOON_S = 30.0
OUTSTANDING = 100


@pytest.fixture
def notifier(postgres_url: str) -> Iterator[PostgresNotifier]:
    made = PostgresNotifier(postgres_url).start()
    yield made
    made.close()


@pytest.fixture
def other(postgres_url: str) -> Iterator[PostgresNotifier]:
    made = PostgresNotifier(postgres_url).start()
    yield made
    made.close()


async def next_of(ear: Subscription) -> dict[str, Any]:
    heard = await ear.get(within=SOON_S)
    assert heard, "silence"
    return heard[1]


class TestTwoNotifiers:
    def test_hear_each_other_and_themselves_once(
        self, notifier: PostgresNotifier, other: PostgresNotifier
    ) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("a") as here, other.subscribe("a") as there:
                notifier.publish("a", {"n": 1})
                other.publish("a", {"n": 2})
                assert sorted([(await next_of(there))["n"] for _ in range(2)]) == [1, 2]
                assert sorted([(await next_of(here))["n"] for _ in range(2)]) == [1, 2]
                assert await here.get(within=0.2) is None

        asyncio.run(scenario())

    def test_reach(self, notifier: PostgresNotifier, other: PostgresNotifier) -> None:
        async def scenario() -> None:
            async with other.subscribe("a") as there:
                notifier.publish("a", {"n": 1}, Reach.HERE)
                notifier.publish("a", {"n": 2}, Reach.ELSEWHERE)
                assert await next_of(there) == {"n": 2}

        asyncio.run(scenario())

    def test_a_message_that_cannot_travel_is_given_up_and_the_next_one_heard(
        self, notifier: PostgresNotifier, other: PostgresNotifier, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def scenario() -> None:
            async with other.subscribe("a") as there:
                notifier.publish("a", {"text": "x" * 2_000_000})
                notifier.publish("a", {"no": object()})
                notifier.publish("a", {"n": 1})
                assert await next_of(there) == {"n": 1}

        asyncio.run(scenario())
        assert len([one for one in caplog.records if "cannot travel" in one.message]) == 2

    def test_other_peoples_notifications_are_left_alone(
        self, notifier: PostgresNotifier, other: PostgresNotifier
    ) -> None:
        async def scenario() -> None:
            async with other.subscribe("a") as there:
                notifier._outbox.put(["something of somebody else's"])
                notifier.publish("a", {"n": 1})
                assert await next_of(there) == {"n": 1}

        asyncio.run(scenario())


class TestTwoProcesses:
    @pytest.mark.serial
    def test_hear_each_other_at_any_length_and_in_order(
        self, notifier: PostgresNotifier, postgres_url: str
    ) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("back") as ear:
                with speaking(postgres_url):
                    assert await next_of(ear) == {"event": "ready"}
                    long = {"text": "ü" * 20_000}
                    notifier.publish("there", long)
                    assert await next_of(ear) == long
                    began = time.monotonic()
                    assert await echoes(notifier, ear, 1000) == list(range(1000))
                    assert time.monotonic() - began < SOON_S
                    notifier.publish("there", {"event": "bye"})

        asyncio.run(scenario())


class TestAwayAndBack:
    @pytest.mark.serial
    def test_listeners_are_told_and_hear_on(
        self, notifier: PostgresNotifier, other: PostgresNotifier, postgres_server: PostgresServer
    ) -> None:
        async def scenario() -> None:
            async with other.subscribe("a") as there, notifier.subscribe("a") as here:
                await asyncio.to_thread(postgres_server.kill)
                began = time.monotonic()
                notifier.publish("a", {"n": 1})
                assert await next_of(here) == {"n": 1}
                assert time.monotonic() - began < 1
                await asyncio.to_thread(postgres_server.start)
                assert await next_of(there) in [{"event": MISSED}, {"n": 1}]
                notifier.publish("a", {"n": 2})
                while await next_of(there) != {"n": 2}:
                    pass
                heard = [await next_of(here), await next_of(here)]
                assert {"event": MISSED} in heard

        asyncio.run(scenario())

    def test_publishing_neither_waits_nor_fails_while_it_is_away(self) -> None:
        deaf = PostgresNotifier("postgresql+psycopg://nobody@127.0.0.1:9/none")
        deaf._outbox = Outbox(capacity=1000)
        for thread in deaf._threads:
            thread.start()
        began = time.monotonic()
        for number in range(1000):
            deaf.publish("a", {"n": number})
        assert time.monotonic() - began < 1
        assert deaf._outbox._size <= 1000
        deaf.close()


@contextmanager
def speaking(url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.backend.kit.notifier.speaking", url]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield
            process.wait(SOON_S)
        finally:
            process.kill()


async def echoes(notifier: PostgresNotifier, ear: Subscription, number: int) -> list[int]:
    """Say so many numbers and return what came back, with at most a hundred under way."""
    back: list[int] = []
    for said in range(number):
        notifier.publish("there", {"n": said})
        if said - len(back) >= OUTSTANDING:
            back.append((await next_of(ear))["n"])
    while len(back) < number:
        back.append((await next_of(ear))["n"])
    return back

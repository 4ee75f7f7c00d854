"""What every notifier promises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from backend.kit.notifier import Notifier, Reach
from backend.kit.notifier.memory import CAPACITY, MemoryNotifier
from backend.kit.notifier.postgres import PostgresNotifier


@pytest.fixture(params=["memory", "postgres"])
def notifier(request: pytest.FixtureRequest) -> Iterator[Notifier]:
    if request.param == "memory":
        yield MemoryNotifier()
        return
    made = PostgresNotifier(request.getfixturevalue("postgres_url")).start()
    yield made
    made.close()


class TestSubscribe:
    def test_hears_its_channels_in_order_and_no_others(self, notifier: Notifier) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue", "person:a") as ear:
                notifier.publish("queue", {"n": 1})
                notifier.publish("person:b", {"n": 2})
                notifier.publish("person:a", {"n": 3})
                assert await ear.get(within=5) == ("queue", {"n": 1})
                assert await ear.get(within=5) == ("person:a", {"n": 3})
                assert await ear.get(within=0.05) is None

        asyncio.run(scenario())

    def test_everybody_who_listens_hears(self, notifier: Notifier) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue") as one, notifier.subscribe("queue") as other:
                notifier.publish("queue", {"n": 1})
                assert await one.get(within=5) == await other.get(within=5) == ("queue", {"n": 1})

        asyncio.run(scenario())

    def test_hears_what_another_thread_says(self, notifier: Notifier) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue") as ear:
                thread = threading.Thread(target=notifier.publish, args=("queue", {"n": 1}))
                thread.start()
                assert await ear.get(within=5) == ("queue", {"n": 1})
                thread.join()

        asyncio.run(scenario())

    def test_a_slow_listener_loses_the_oldest(self, notifier: Notifier) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue") as ear:
                for number in range(CAPACITY + 10):
                    notifier.publish("queue", {"n": number})
                await asyncio.sleep(0)
                assert await ear.get(within=5) == ("queue", {"n": 10})

        asyncio.run(scenario())

    def test_hears_nothing_after_it_has_left(self, notifier: Notifier) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue") as ear:
                pass
            notifier.publish("queue", {"n": 1})
            assert await ear.get(within=0.05) is None

        asyncio.run(scenario())


class TestReach:
    def test_what_is_for_here_is_heard_and_what_is_for_elsewhere_is_not(
        self, notifier: Notifier
    ) -> None:
        async def scenario() -> None:
            async with notifier.subscribe("queue") as ear:
                notifier.publish("queue", {"n": 1}, Reach.ELSEWHERE)
                notifier.publish("queue", {"n": 2}, Reach.HERE)
                assert await ear.get(within=5) == ("queue", {"n": 2})
                assert await ear.get(within=0.2) is None

        asyncio.run(scenario())


class TestPublish:
    def test_is_no_error_when_nobody_listens(self, notifier: Notifier) -> None:
        notifier.publish("queue", {})

    def test_is_no_error_when_the_listeners_loop_is_gone(self, notifier: Notifier) -> None:
        loop = asyncio.new_event_loop()
        listening = notifier.subscribe("queue")
        loop.run_until_complete(listening.__aenter__())
        loop.close()
        notifier.publish("queue", {"n": 1})

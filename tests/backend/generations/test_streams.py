"""What a browser hears while its generations run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi.sse import ServerSentEvent

from backend.generations import events, streams
from backend.generations.models import queue
from backend.generations.schemas import GenerationPublic, Snapshot
from backend.kit.live import Glimpse, Mark, Phase
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.queue import Lease, State
from inference.protocol import Progress
from tests.fixtures.app import Studio
from tests.fixtures.workshop import Workshop


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_EVERY_S", 0.1)


def parsed(text: str) -> list[dict[str, Any]]:
    """Return the events of a stream that has ended."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")
        )
        if fields:
            found.append({**fields, "data": json.loads(fields["data"])})
    return found


async def heard(stream: AsyncIterator[ServerSentEvent], *, until: str) -> list[ServerSentEvent]:
    """Read `stream` up to the first event of that name."""
    got = []
    async with asyncio.timeout(20):
        async for event in stream:
            got.append(event)
            if event.event == until:
                return got
    raise AssertionError(f"it ended without {until!r}: {got}")


class TestOneGeneration:
    def test_tells_its_life_in_order_and_ends(self, studio: Studio) -> None:
        dana = studio.actors.program("designer")
        with studio.inference.hold():
            generation_id = studio.submit(dana)
        told = parsed(dana.get(f"/api/v1/generations/{generation_id}/events").text)
        assert told[0]["event"] == "generation"
        assert told[-1]["event"] == "generation"
        assert told[-1]["data"]["state"] == "succeeded"
        assert len(told[-1]["data"]["images"]) == 1
        marks = [Mark.parse(event["id"]) for event in told]
        assert None not in marks
        assert marks == sorted(marks, key=lambda mark: mark or Mark(0, Phase.RUNNING))

    def test_always_tells_the_end(self, studio: Studio) -> None:
        dana = studio.actors.program("designer")
        done = studio.draw(dana)
        path = f"/api/v1/generations/{done['id']}/events"
        [end] = parsed(dana.get(path).text)
        [again] = parsed(dana.get(path, headers={"Last-Event-ID": end["id"]}).text)
        assert end["data"]["state"] == again["data"]["state"] == "succeeded"

    def test_ignores_a_last_event_id_that_is_none_of_ours(self, studio: Studio) -> None:
        dana = studio.actors.program("designer")
        done = studio.draw(dana)
        path = f"/api/v1/generations/{done['id']}/events"
        assert parsed(dana.get(path, headers={"Last-Event-ID": "7; drop"}).text)

    def test_shows_a_newcomer_the_latest_preview(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            async with workshop.dispatching():
                with workshop.inference.hold():
                    await workshop.inference.previewed.wait()
                    stream = streams.of_generation(workshop.context, workshop.actor, row.id, None)
                    told = await heard(stream, until="preview")
            assert [event.event for event in told] == ["generation", "progress", "preview"]
            assert told[2].data.webp_base64

        asyncio.run(scenario())

    def test_repeats_nothing_that_was_heard(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            async with workshop.dispatching():
                with workshop.inference.hold():
                    await workshop.inference.previewed.wait()
                    seen = workshop.context.hub.latest(row.id)
                    assert seen
                    context, actor = workshop.context, workshop.actor
                    stream = streams.of_generation(context, actor, row.id, seen.mark)
                    first = asyncio.ensure_future(anext(aiter(stream)))
                    assert not (await asyncio.wait({first}, timeout=0.5))[0]
                told = await first
                marks = [Mark.parse(told.id), *[Mark.parse(event.id) async for event in stream]]
            assert all(mark and mark > seen.mark for mark in marks)

        asyncio.run(scenario())

    def test_notices_an_end_that_nobody_told(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            stream = streams.of_generation(workshop.context, workshop.actor, row.id, None)
            assert (await anext(stream)).event == "generation"
            with workshop.context.database.write() as session:
                queue.cancel(session, row.id)
            told = [event async for event in stream]
            assert [event.data.state for event in told] == [State.CANCELED]

        asyncio.run(scenario())


class TestEverythingOfAPerson:
    def test_begins_with_what_is_queued_and_running(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            async with workshop.dispatching():
                with workshop.inference.hold():
                    await workshop.inference.previewed.wait()
                    stream = streams.of_person(workshop.context, workshop.actor)
                    [first] = await heard(stream, until="snapshot")
                    shown = first.data
                    assert isinstance(shown, Snapshot)
                    assert [one.id for one in shown.generations] == [row.id]
                    assert shown.previews[row.id].webp_base64
                    progress = shown.generations[0].progress
                    assert progress
                    assert progress.step == 1

        asyncio.run(scenario())

    def test_shows_nothing_of_a_claim_that_is_over(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            workshop.claim(owner="elsewhere")
            old = Glimpse(Mark(0, Phase.RUNNING, 9), row.owner_id, Progress(step=9, total=9))
            workshop.context.hub.saw_elsewhere(row.id, old)
            stream = streams.of_person(workshop.context, workshop.actor)
            [first] = await heard(stream, until="snapshot")
            assert first.data.generations[0].state is State.RUNNING
            assert first.data.generations[0].progress is None

        asyncio.run(scenario())

    def test_looks_at_the_rows_when_it_may_have_missed_something(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "LOOK_EVERY_S", 600.0)

        async def scenario() -> None:
            row = workshop.submit()
            stream = streams.of_person(workshop.context, workshop.actor)
            await heard(stream, until="snapshot")
            with workshop.context.database.write() as session:
                queue.cancel(session, row.id)
            notifier = workshop.context.notifier
            assert isinstance(notifier, MemoryNotifier)
            notifier.say_missed()
            assert (await heard(stream, until="generation"))[-1].data.state is State.CANCELED

        asyncio.run(scenario())

    def test_tells_of_new_ones_and_of_their_end(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            stream = streams.of_person(workshop.context, workshop.actor)
            await heard(stream, until="snapshot")
            async with workshop.dispatching():
                row = workshop.submit()
                states: list[State] = []
                while State.SUCCEEDED not in states:
                    event = (await heard(stream, until="generation"))[-1]
                    assert isinstance(event.data, GenerationPublic)
                    assert event.data.id == row.id
                    states.append(event.data.state)
            order = [State.QUEUED, State.RUNNING, State.SUCCEEDED]
            assert states == [state for state in order if state in states]

        asyncio.run(scenario())

    def test_tells_nothing_of_somebody_else(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            mine = streams.of_person(workshop.context, workshop.actor)
            await heard(mine, until="snapshot")
            workshop.become_somebody_else()
            workshop.submit()
            following = asyncio.ensure_future(anext(aiter(mine)))
            assert not (await asyncio.wait({following}, timeout=0.5))[0]
            following.cancel()

        asyncio.run(scenario())

    def test_passes_on_what_moderation_says(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            stream = streams.of_person(workshop.context, workshop.actor)
            await heard(stream, until="snapshot")
            channel = events.person_channel(workshop.actor.id)
            data = {"image_id": "i", "moderation": "released"}
            workshop.context.notifier.publish(channel, {"event": "moderation", "data": data})
            assert (await heard(stream, until="moderation"))[-1].data == data

        asyncio.run(scenario())

    def test_ends_when_the_studio_stops(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            stream = streams.of_person(workshop.context, workshop.actor)
            await heard(stream, until="snapshot")
            events.say_stopping(workshop.context.notifier)
            async with asyncio.timeout(5):
                assert [event async for event in stream] == []

        asyncio.run(scenario())

    def test_notices_a_change_that_nobody_told(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            stream = streams.of_person(workshop.context, workshop.actor)
            await heard(stream, until="snapshot")
            [claimed] = workshop.claim(owner="elsewhere")
            told = (await heard(stream, until="generation"))[-1]
            assert (told.data.id, told.data.state) == (row.id, State.RUNNING)
            assert told.id == "1.0.0"
            with workshop.context.database.write() as session:
                queue.finish(session, Lease(claimed.id, claimed.fence), State.SUCCEEDED)
            told = (await heard(stream, until="generation"))[-1]
            assert told.data.state is State.SUCCEEDED

        asyncio.run(scenario())

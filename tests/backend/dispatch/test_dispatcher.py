"""From a queued row to its end, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlmodel import col, select

from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.kit.queue import State
from inference.protocol import Broken, Overloaded, Unavailable
from tests.fixtures.workshop import Workshop


def images_of(workshop: Workshop, generation_id: str) -> list[Image]:
    with workshop.context.database.read() as session:
        rows = select(Image).where(Image.generation_id == generation_id).order_by(col(Image.index))
        return list(session.exec(rows))


class TestSucceeding:
    def test_draws_what_was_queued_before_it_started(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit(num_images=3)
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert ended.state is State.SUCCEEDED
            assert ended.started_at
            assert ended.ended_at
            assert ended.created_at <= ended.started_at <= ended.ended_at
            assert (ended.lease_owner, ended.lease_until) == (None, None)
            images = images_of(workshop, row.id)
            assert [image.index for image in images] == [0, 1, 2]
            assert [image.seed for image in images] == [7, 8, 9]
            assert {image.moderation for image in images} == {Moderation.RELEASED}
            for image in images:
                assert workshop.context.storage.exists(image.storage_key)

        asyncio.run(scenario())

    def test_wakes_up_for_a_new_one(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            async with workshop.dispatching():
                assert (await workshop.ended(workshop.submit())).state is State.SUCCEEDED

        asyncio.run(scenario())

    def test_writes_its_end_into_the_audit(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            async with workshop.dispatching():
                await workshop.ended(row)
            verbs = [entry.verb for entry in workshop.audited(f"generation:{row.id}")]
            assert verbs == ["generation.submit", "generation.succeeded"]

        asyncio.run(scenario())

    def test_holds_what_the_safety_checker_could_not_check(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit(prompt="unchecked")
            async with workshop.dispatching():
                await workshop.ended(row)
            assert images_of(workshop, row.id)[0].moderation is Moderation.HELD

        asyncio.run(scenario())

    def test_holds_what_shows_a_restricted_concept(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit(prompt="a dress with motif")
            async with workshop.dispatching():
                await workshop.ended(row)
            image = images_of(workshop, row.id)[0]
            assert image.moderation is Moderation.HELD
            assert "motif" in (image.reason or "")

        asyncio.run(scenario())


class TestShowing:
    def test_keeps_the_latest_preview_while_it_runs_and_forgets_it_at_the_end(
        self, workshop: Workshop
    ) -> None:
        async def scenario() -> None:
            row = workshop.submit(num_inference_steps=5)
            async with workshop.dispatching():
                with workshop.inference.hold():
                    await workshop.inference.previewed.wait()
                    seen = workshop.context.hub.latest(row.id)
                    assert seen
                    assert seen.preview
                    assert seen.progress
                    assert (seen.progress.step, seen.progress.total) == (1, 5)
                await workshop.ended(row)
            assert workshop.context.hub.latest(row.id) is None

        asyncio.run(scenario())


class TestFailing:
    def test_fails_with_the_code_and_message_of_inference(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            workshop.inference.troubles.append(Broken("The engine ran out of memory."))
            row = workshop.submit()
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert ended.state is State.FAILED
            assert ended.error_code == "broken"
            assert ended.error_message == "The engine ran out of memory."

        asyncio.run(scenario())

    def test_tries_again_when_the_replica_went_away_half_way(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            workshop = Workshop(database, tmp_path)
            workshop.inference.trouble_after = 4
            workshop.inference.troubles.append(Unavailable("It went away."))
            row = workshop.submit()
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert (ended.state, ended.attempt, ended.fence) == (State.SUCCEEDED, 2, 2)
            assert len(images_of(workshop, row.id)) == 1

        asyncio.run(scenario())

    def test_gives_up_after_the_last_attempt(self, database: Database, tmp_path: Path) -> None:
        async def scenario() -> None:
            workshop = Workshop(database, tmp_path, max_attempts=2)
            workshop.inference.trouble_after = 3
            workshop.inference.troubles.extend([Unavailable("It went away.")] * 2)
            row = workshop.submit()
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert (ended.state, ended.error_code) == (State.FAILED, "unavailable")
            assert ended.error_message == "It went away. It was tried 2 times."

        asyncio.run(scenario())

    def test_counts_no_attempt_while_inference_is_full_or_away(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            workshop.inference.troubles.extend(
                [Overloaded("full", retry_after=0.05), Unavailable("away", retry_after=0.05)]
            )
            row = workshop.submit()
            async with workshop.dispatching():
                ended = await workshop.ended(row)
            assert (ended.state, ended.attempt, ended.fence) == (State.SUCCEEDED, 1, 3)

        asyncio.run(scenario())


class TestCanceling:
    def test_ends_a_queued_one_at_once(self, workshop: Workshop) -> None:
        row = workshop.submit()
        assert workshop.cancel(row).state is State.CANCELED

    def test_stops_a_running_one_at_once_in_the_same_process(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            with workshop.inference.hold():
                async with workshop.dispatching():
                    await workshop.inference.previewed.wait()
                    answered = await asyncio.to_thread(workshop.cancel, row)
                    assert answered.state is State.RUNNING
                    async with asyncio.timeout(4):  # a heartbeat would take five seconds
                        ended = await workshop.ended(row)
            assert ended.state is State.CANCELED
            assert workshop.inference.canceled == [f"{row.id}-1"]
            assert images_of(workshop, row.id) == []

        asyncio.run(scenario())

    def test_stops_a_running_one_for_a_process_it_does_not_hear(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            workshop = Workshop(database, tmp_path)  # its heartbeat would take five seconds
            elsewhere = Workshop(database, tmp_path)
            elsewhere.actor = workshop.actor
            row = workshop.submit()
            with workshop.inference.hold():
                async with workshop.dispatching():
                    await workshop.inference.previewed.wait()
                    await asyncio.to_thread(elsewhere.cancel, row)
                    async with asyncio.timeout(2):
                        assert (await workshop.ended(row)).state is State.CANCELED

        asyncio.run(scenario())


class TestStopping:
    def test_gives_back_what_runs_without_counting_the_attempt(self, workshop: Workshop) -> None:
        async def scenario() -> None:
            row = workshop.submit()
            with workshop.inference.hold():
                async with workshop.dispatching():
                    await workshop.inference.previewed.wait()
            given_back = workshop.row(row)
            assert (given_back.state, given_back.attempt) == (State.QUEUED, 0)
            assert workshop.inference.canceled == [f"{row.id}-1"]
            async with workshop.dispatching():
                assert (await workshop.ended(row)).state is State.SUCCEEDED

        asyncio.run(scenario())

    def test_claims_nothing_when_it_may_hold_nothing(
        self, sqlite_database: Database, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            workshop = Workshop(sqlite_database, tmp_path, dispatch_concurrency=0)
            row = workshop.submit()
            async with workshop.dispatching():
                await asyncio.sleep(0.6)
            assert workshop.row(row).state is State.QUEUED

        asyncio.run(scenario())

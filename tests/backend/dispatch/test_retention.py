"""Files that no row names are removed, and no other: whoever else is at work meanwhile, on both databases."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel

from backend.dispatch import retention
from backend.dispatch.retention import FEW, TooManyOrphans, removing
from backend.generations.models import Generation
from backend.images import repository, storing
from backend.images import service as images
from backend.images.service import PreparedImage
from backend.kit.database import Database
from backend.kit.queue import State
from backend.kit.storage import shelves
from backend.kit.storage.file import FileStorage
from backend.provenance.marker import marker_of
from tests.fixtures.colours import picture
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop

HOUR_S = 3600.0


def prepare(workshop: Workshop, generation: Generation, *, seed: int = 1) -> PreparedImage:
    """Store the files of an image; its row comes later, if at all."""
    parameters = generation.parameters
    return storing.prepare(
        workshop.context.storage,
        marker_of(workshop.context.settings),
        picture(seed, parameters),
        parameters=parameters,
        seed=seed,
        index=0,
        generation_id=generation.id,
        card=CARD,
    )


def record(session: Session, workshop: Workshop, prepared: PreparedImage) -> None:
    images.record(session, prepared, owner_id=workshop.actor.id)


def grow_old(workshop: Workshop) -> None:
    """As if every file had been stored an hour ago."""
    then = time.time() - HOUR_S
    for path in folder_of(workshop).rglob("*"):
        os.utime(path, (then, then))


def folder_of(workshop: Workshop) -> Path:
    assert isinstance(workshop.context.storage, FileStorage)
    return workshop.context.storage.folder


def are_kept(workshop: Workshop, prepared: PreparedImage) -> list[bool]:
    keys = (prepared.storage_key, prepared.preview_key, prepared.thumb_key)
    return [workshop.context.storage.exists(key) for key in dict.fromkeys(keys)]


def remove(workshop: Workshop, *, many: bool = False) -> int:
    return sum(removing(workshop.context.database, workshop.context.storage, HOUR_S, many=many))


def counted() -> float:
    return retention.REMOVED._value.get()


class TestRemoving:
    def test_takes_old_files_without_a_row_and_counts_them(self, workshop: Workshop) -> None:
        row = workshop.submit()
        orphan, kept = prepare(workshop, row), prepare(workshop, row, seed=2)
        with workshop.context.database.write() as session:
            record(session, workshop, kept)
        grow_old(workshop)
        number, before = len(are_kept(workshop, orphan)), counted()
        assert remove(workshop) == number
        assert not any(are_kept(workshop, orphan))
        assert all(are_kept(workshop, kept))
        assert counted() == before + number
        assert remove(workshop) == 0

    def test_leaves_young_files_whose_row_may_still_come(self, workshop: Workshop) -> None:
        prepared = prepare(workshop, workshop.submit())
        assert remove(workshop) == 0
        assert all(are_kept(workshop, prepared))

    def test_leaves_an_old_orphan_that_is_stored_again(self, workshop: Workshop) -> None:
        storage = workshop.context.storage
        prepared = prepare(workshop, workshop.submit())
        grow_old(workshop)
        for key in (prepared.storage_key, prepared.preview_key, prepared.thumb_key):
            storage.put(storage.get(key), suffix=".webp")
        assert remove(workshop) == 0
        assert all(are_kept(workshop, prepared))

    def test_takes_what_writers_left_that_broke_off(self, workshop: Workshop) -> None:
        part = folder_of(workshop) / "3f" / ".part-broken"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"RIFF")
        assert remove(workshop) == 0
        grow_old(workshop)
        assert remove(workshop) == 1
        assert not part.exists()

    def test_leaves_files_that_are_not_ours(self, workshop: Workshop) -> None:
        other = folder_of(workshop) / "3f" / "notes.txt"
        other.parent.mkdir(parents=True)
        other.write_text("somebody's")
        grow_old(workshop)
        assert remove(workshop) == 0
        assert other.exists()

    def test_two_at_once_take_each_file_without_harm(self, workshop: Workshop) -> None:
        prepared = prepare(workshop, workshop.submit())
        grow_old(workshop)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: remove(workshop), range(2)))
        assert not any(are_kept(workshop, prepared))


class TestRowsThatComeMeanwhile:
    def test_a_row_after_the_look_keeps_its_files(self, workshop: Workshop) -> None:
        prepared = prepare(workshop, workshop.submit())
        grow_old(workshop)
        steps = removing(workshop.context.database, workshop.context.storage, HOUR_S)
        for _ in shelves():
            next(steps)
        with workshop.context.database.write() as session:
            record(session, workshop, prepared)
        assert sum(steps) == 0
        assert all(are_kept(workshop, prepared))

    def test_a_row_that_is_not_committed_yet_is_awaited(self, workshop: Workshop) -> None:
        prepared = prepare(workshop, workshop.submit())
        grow_old(workshop)
        removed: list[int] = []
        remover = threading.Thread(target=lambda: removed.append(remove(workshop)))
        with workshop.context.database.write() as session:
            record(session, workshop, prepared)
            remover.start()
            remover.join(0.5)
            assert remover.is_alive()
        remover.join(10)
        assert removed == [0]
        assert all(are_kept(workshop, prepared))

    def test_a_row_waits_until_the_files_are_gone_and_then_does_without(
        self, workshop: Workshop
    ) -> None:
        prepared = prepare(workshop, workshop.submit())
        seen: list[bool] = []

        def settle() -> None:
            with workshop.context.database.write() as session:
                record(session, workshop, prepared)
                seen.extend(are_kept(workshop, prepared))

        settling = threading.Thread(target=settle)
        with workshop.context.database.write() as session:
            repository.keep_rows_out(session)
            assert repository.files_among(session, [prepared.storage_key]) == set()
            settling.start()
            settling.join(0.5)
            assert settling.is_alive()
            for key in (prepared.storage_key, prepared.preview_key, prepared.thumb_key):
                workshop.context.storage.delete(key)
        settling.join(10)
        assert seen
        assert not any(seen)


class Forgetful(FileStorage):
    """Loses the first file that it is given, right after it was stored."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._lose: Callable[[str], None] | None = self.delete

    def put(self, data: bytes, *, suffix: str) -> str:
        key = super().put(data, suffix=suffix)
        lose, self._lose = self._lose, None
        if lose:
            lose(key)
        return key


def test_an_image_whose_file_is_gone_before_its_row_is_drawn_again(workshop: Workshop) -> None:
    forgetful = Forgetful(folder_of(workshop))
    workshop.context = replace(workshop.context, storage=forgetful)

    async def scenario() -> None:
        row = workshop.submit()
        async with workshop.dispatching():
            ended = await workshop.ended(row)
        assert (ended.state, ended.attempt) == (State.SUCCEEDED, 2)
        with workshop.context.database.read() as session:
            [image] = repository.of_generations(session, [row.id])
        assert forgetful.exists(image.storage_key)

    asyncio.run(scenario())


class TestTooMany:
    def test_removes_nothing_where_it_is_rather_the_wrong_database(
        self, workshop: Workshop
    ) -> None:
        for number in range(FEW + 1):
            workshop.context.storage.put(str(number).encode(), suffix=".webp")
        grow_old(workshop)
        with pytest.raises(TooManyOrphans, match=f"{FEW + 1} of {FEW + 1} files"):
            remove(workshop)
        assert remove(workshop, many=True) == FEW + 1

    def test_a_few_are_what_crashes_explain(self, workshop: Workshop) -> None:
        for number in range(FEW):
            workshop.context.storage.put(str(number).encode(), suffix=".webp")
        grow_old(workshop)
        assert remove(workshop) == FEW


class TestWatching:
    def test_every_dispatcher_looks_again_and_again(
        self, database: Database, tmp_path: Path
    ) -> None:
        workshop = Workshop(database, tmp_path, orphan_hours=0.2 / HOUR_S)

        async def removed(prepared: PreparedImage) -> None:
            async with asyncio.timeout(10):
                while any(are_kept(workshop, prepared)):  # noqa: ASYNC110 - a file rings no bell
                    await asyncio.sleep(0.05)

        async def scenario() -> None:
            row = workshop.submit()
            async with workshop.dispatching():
                await workshop.ended(row)
                for seed in (11, 12):
                    await removed(await asyncio.to_thread(prepare, workshop, row, seed=seed))
            with workshop.context.database.read() as session:
                [image] = repository.of_generations(session, [row.id])
            assert workshop.context.storage.exists(image.storage_key)

        asyncio.run(scenario())

    def test_nobody_looks_where_it_is_switched_off(
        self, sqlite_database: Database, tmp_path: Path
    ) -> None:
        workshop = Workshop(sqlite_database, tmp_path, orphan_hours=0)
        asyncio.run(asyncio.wait_for(retention.watch(workshop.context), 1))


def test_every_column_that_names_a_file_is_asked() -> None:
    keys_of_requests = {
        f"{table}.idempotency_key" for table in ("generation", "grid", "recipe_run")
    }
    no_files = keys_of_requests | {"image.result_key"}
    named = {
        str(column)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_key")
    }
    asked = {f"image.{name}" for name in ("storage_key", "preview_key", "thumb_key")}
    assert named - no_files == asked | {"upload.storage_key"}

"""F6: a disk that is really full under the files: nothing is half kept, and room is all it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from backend.generations.models import Generation
from backend.images import handing, repository
from backend.images.models import Image
from backend.images.schemas import Variant
from backend.kit.database import Database
from backend.kit.queue import State
from backend.kit.storage import open_storage
from tests.faults.disks import PAGE, SmallDisk, small_disk
from tests.faults.dispatchers import ledger_of
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import SOON_S, Workshop

DISK_KB = 2048
pytestmark = [pytest.mark.faults]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", DISK_KB) as disk:
        yield disk


def broken_files(disk: SmallDisk) -> list[Path]:
    """What is stored under a name that does not say what is in it, whole or not."""
    stored = [path for path in (disk.outside / "images").rglob("*") if path.is_file()]
    return [path for path in stored if sha256(path.read_bytes()).hexdigest() != path.stem]


def images_of(workshop: Workshop, row: Generation) -> list[Image]:
    with workshop.context.database.read() as session:
        return repository.of_generations(session, [row.id])


async def tried(workshop: Workshop, row: Generation) -> Generation:
    """Wait until an attempt has failed and the next one is due later."""
    async with asyncio.timeout(SOON_S):
        while True:
            now = await asyncio.to_thread(workshop.row, row)
            assert not now.state.ended
            if now.attempt and now.state is State.QUEUED:
                return now
            await asyncio.sleep(0.02)


class TestUnderTheFiles:
    def test_a_generation_is_tried_again_until_there_is_room(
        self, database: Database, disk: SmallDisk, tell: Tell
    ) -> None:
        workshop = Workshop(database, disk.outside)

        async def scenario() -> dict[str, Any]:
            first, second = workshop.submit(seed=1), workshop.submit(seed=2)
            async with workshop.dispatching():
                await workshop.ended(second)
                [shown] = images_of(workshop, await workshop.ended(first))
                disk.fill(leaving_pages=1)  # for the first of the three files of an image
                late = [workshop.submit(seed=seed) for seed in (3, 4)]
                await tried(workshop, late[0])
                assert handing.read_content(workshop.context.storage, shown, Variant.FULL)
                assert all(images_of(workshop, row) == [] for row in late)
                disk.make_room()
                since = time.monotonic()
                ended = [await workshop.ended(row) for row in late]
            assert all(row.state is State.SUCCEEDED for row in ended)
            accepted = {row.id for row in (first, second, *late)}
            return {
                **ledger_of(workshop, accepted, 1),
                "broken_files": len(broken_files(disk)),
                "drawn_after_room_s": round(time.monotonic() - since, 1),
            }

        told = {"fault": "F6", "disk": "files", **asyncio.run(scenario())}
        tell(told)
        assert told["succeeded"] == told["images"] == told["accepted"]
        assert told["interrupted"] >= 1
        assert told["lost"] == told["missing_files"] == told["broken_files"] == 0

    def test_a_generation_for_which_no_room_is_made_fails_and_says_why(
        self, database: Database, disk: SmallDisk
    ) -> None:
        workshop = Workshop(database, disk.outside)

        async def scenario() -> None:
            async with workshop.dispatching():
                disk.fill()
                with pytest.raises(OSError, match="No space left"):
                    workshop.context.storage.check()
                ended = await workshop.ended(workshop.submit())
                assert (ended.state, ended.error_code) == (State.FAILED, "storage_full")
                assert "an administrator has to make room" in (ended.error_message or "")
                assert ended.attempt == ended.max_attempts
                assert images_of(workshop, ended) == []
                disk.make_room()
                another = await workshop.ended(workshop.submit())
            assert (another.state, another.attempt) == (State.SUCCEEDED, 1)
            assert len(images_of(workshop, another)) == 1

        asyncio.run(scenario())
        assert broken_files(disk) == []

    def test_a_file_that_does_not_fit_is_not_there_at_all(self, disk: SmallDisk) -> None:
        storage = open_storage(f"file:{disk.outside / 'images'}")
        data = bytes(range(256)) * 16 * 16
        disk.fill(leaving_pages=len(data) // PAGE - 1)
        with pytest.raises(OSError, match="No space left"):
            storage.put(data, suffix=".webp")
        assert [path for path in (disk.outside / "images").rglob("*") if path.is_file()] == []
        disk.make_room()
        assert storage.get(storage.put(data, suffix=".webp")) == data

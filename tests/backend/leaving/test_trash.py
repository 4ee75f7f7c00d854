"""Emptying one's trash deletes one's own for good, with files, and what a legal hold covers stays."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlmodel import select

from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.leaving import trash
from backend.leaving.schemas import Emptied
from tests.fixtures.actors import actor_of
from tests.fixtures.app import Studio
from tests.fixtures.estate import Estate


@pytest.fixture
def full(database: Database, tmp_path: Path) -> Estate:
    """An estate in which all images are in the trash."""
    estate = Estate(database, tmp_path)
    asyncio.run(estate.fill())
    with database.write() as session:
        for image in session.exec(select(Image)):
            image.trashed_at = utc_now()
    return estate


def empty(estate: Estate) -> Emptied:
    with estate.context.database.write() as session:
        return trash.empty(session, estate.context.storage, actor_of(estate.person))


class TestEmptying:
    def test_deletes_ones_own_with_their_files(self, full: Estate) -> None:
        mine = full.images_of(full.person)
        assert empty(full) == Emptied(deleted=2, kept=0, left=0)
        assert full.images_of(full.person) == []
        assert not any(full.context.storage.exists(image.storage_key) for image in mine)
        assert full.keeps_files_of(full.other)
        assert [one.verb for one in full.audited(f"image:{mine[0].id}")][-1] == "image.delete"
        assert empty(full) == Emptied(deleted=0, kept=0, left=0)

    def test_leaves_what_a_legal_hold_covers(self, full: Estate) -> None:
        held, _ = full.images_of(full.person)
        full.hold_legally(f"image:{held.id}")
        assert empty(full) == Emptied(deleted=1, kept=1, left=0)
        assert [image.id for image in full.images_of(full.person)] == [held.id]
        assert full.keeps_files_of(full.person)

    def test_goes_on_where_there_is_much(
        self, full: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trash, "AT_ONCE", 1)
        assert empty(full) == Emptied(deleted=1, kept=0, left=1)
        assert empty(full) == Emptied(deleted=1, kept=0, left=0)

    def test_deletes_nothing_that_is_not_in_it(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        kept, thrown = studio.image(dana)["id"], studio.image(dana, "a blue dress")["id"]
        change = {"image_ids": [thrown], "trashed": True}
        assert dana.post("/api/v1/library/changes", json=change).json()["changed"] == [thrown]
        told = dana.post("/api/v1/library/trash/empty").json()
        assert told == {"deleted": 1, "kept": 0, "left": 0}
        assert [one["id"] for one in dana.get("/api/v1/images").json()["items"]] == [kept]
        assert dana.get(f"/api/v1/library/{thrown}").status_code == 404

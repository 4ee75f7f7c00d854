"""What keeps uploads within their room, on both databases: quotas, forgetting, and orphans that are none."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select, update

from backend.accounts.actor import Actor
from backend.dispatch import forgetting
from backend.dispatch.retention import orphans_of, removing
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import Database
from backend.kit.errors import Conflict, NotFound, UnderLegalHold
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.settings import Settings
from backend.kit.storage import open_storage
from backend.legalholds import service as legalholds
from backend.legalholds.schemas import LegalHoldCreate
from backend.recipes import unneeded
from backend.uploads import repository, service
from backend.uploads.decoding import Picture
from backend.uploads.models import Upload
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import ScriptedInference

DAYS = 30.0


@pytest.fixture
def context(database: Database, tmp_path: Path) -> Context:
    settings = Settings(data_dir=tmp_path, max_uploads=3, max_upload_megabytes=1, upload_days=DAYS)
    storage = open_storage(settings.resolved_storage_url)
    return Context(settings, database, storage, MemoryNotifier(), ScriptedInference())


@pytest.fixture
def dana(database: Database) -> Actor:
    return actor_of(add_user(database))


def keep(context: Context, actor: Actor, data: bytes = b"pixels") -> str:
    key = context.storage.put(data, suffix=".webp")
    with context.database.write() as session:
        return service.keep(context, session, actor, Picture(data, 1, 1), key).id


def kept(context: Context) -> int:
    with context.database.read() as session:
        return session.exec(select(func.count()).select_from(Upload)).one()


def grow_old(context: Context, *uploads: str, days: float) -> None:
    with context.database.write() as session:
        these = update(Upload).where(col(Upload.id).in_(uploads))
        session.execute(these.values(used_at=utc_now() - timedelta(days=days)))
    then = time.time() - days * 86_400
    for path in (context.settings.data_dir / "images").rglob("*.webp"):
        os.utime(path, (then, then))


class TestRoom:
    def test_is_for_so_many(self, context: Context, dana: Actor) -> None:
        for n in range(3):
            keep(context, dana, b"%d" % n)
        with pytest.raises(Conflict, match="3 uploads"):
            keep(context, dana)
        assert keep(context, actor_of(add_user(context.database)))

    def test_is_for_so_many_bytes(self, context: Context, dana: Actor) -> None:
        keep(context, dana, b"x" * 600_000)
        with pytest.raises(Conflict, match="1 MB"):
            keep(context, dana, b"y" * 600_000)
        keep(context, dana, b"y" * 400_000)

    def test_is_exact_when_many_come_at_once(self, context: Context, dana: Actor) -> None:
        def one(n: int) -> bool:
            try:
                keep(context, dana, b"%d" % n)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(one, range(12))) == 3
        assert kept(context) == 3


class TestForget:
    def test_what_nobody_used_for_long_goes_with_its_file(
        self, context: Context, dana: Actor
    ) -> None:
        old, new = keep(context, dana, b"old"), keep(context, dana, b"new")
        grow_old(context, old, days=DAYS + 1)
        assert forgetting.forget_uploads(context) == 1
        assert forgetting.forget_uploads(context) == 0
        with context.database.read() as session:
            [left] = session.exec(select(Upload))
        assert left.id == new
        assert context.storage.get(left.storage_key) == b"new"
        assert len(list((context.settings.data_dir / "images").rglob("*.webp"))) == 1

    def test_leaves_a_file_that_another_row_names(self, context: Context, dana: Actor) -> None:
        old, new = keep(context, dana), keep(context, dana)
        grow_old(context, old, days=DAYS + 1)
        assert forgetting.forget_uploads(context) == 1
        with context.database.read() as session:
            assert context.storage.exists(session.get_one(Upload, new).storage_key)

    def test_forgets_in_pieces(self, context: Context, dana: Actor) -> None:
        all_of_them = [keep(context, dana, b"%d" % n) for n in range(3)]
        grow_old(context, *all_of_them, days=DAYS + 1)
        assert [service.forget(context, limit=2) for _ in range(3)] == [2, 1, 0]


class TestOrphans:
    def test_an_uploads_file_is_none(self, context: Context, dana: Actor) -> None:
        upload = keep(context, dana)
        orphan = context.storage.put(b"nobody's", suffix=".webp")
        grow_old(context, upload, days=1)
        assert orphans_of(context.database, context.storage, 3600.0) == [orphan]
        assert sum(removing(context.database, context.storage, 3600.0)) == 1
        with context.database.read() as session:
            assert context.storage.exists(session.get_one(Upload, upload).storage_key)

    def test_a_file_deleted_while_its_like_was_decoded_is_stored_again(
        self, context: Context, dana: Actor
    ) -> None:
        key = context.storage.put(b"pixels", suffix=".webp")
        first = keep(context, dana)
        with context.database.write() as session:
            unneeded.delete(session, context, dana, first)
        assert not context.storage.exists(key)
        with context.database.write() as session:
            service.keep(context, session, dana, Picture(b"pixels", 1, 1), key)
        assert context.storage.get(key) == b"pixels"


def test_what_is_deleted_while_it_is_read_is_not_found(context: Context, dana: Actor) -> None:
    with context.database.read() as session:
        row = repository.get(session, dana, keep(context, dana))
    assert service.read(context, row) == b"pixels"
    with context.database.write() as session:
        unneeded.delete(session, context, dana, row.id)
    with pytest.raises(NotFound):
        service.read(context, row)


def test_deleting_somebody_elses_is_not_found(context: Context, dana: Actor) -> None:
    upload = keep(context, dana)
    other = replace(dana, id=add_user(context.database, "admin").id)
    with pytest.raises(NotFound), context.database.write() as session:
        unneeded.delete(session, context, other, upload)
    assert kept(context) == 1


class TestLegalHold:
    def test_keeps_what_is_old_and_what_its_owner_would_delete(
        self, context: Context, dana: Actor
    ) -> None:
        upload = keep(context, dana)
        grow_old(context, upload, days=DAYS + 1)
        with context.database.write() as session:
            wanted = LegalHoldCreate(subject=f"person:{dana.id}", reason="a dispute")
            hold = legalholds.place(session, None, wanted).id
        assert forgetting.forget_uploads(context) == 0
        with context.database.write() as session, pytest.raises(UnderLegalHold):
            unneeded.delete(session, context, dana, upload)
        with context.database.write() as session:
            legalholds.lift(session, None, hold)
        assert forgetting.forget_uploads(context) == 1

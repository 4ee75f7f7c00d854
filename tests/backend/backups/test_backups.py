"""A studio with something of everything, saved and put back into an empty place of either kind."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from backend import migrations
from backend.audit import service as audit
from backend.backups import service
from backend.backups.rows import lines_of, tables_of
from backend.backups.snapshots import BadSnapshot, Manifest, Place
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.storage import open_storage
from backend.kit.storage.file import FileStorage
from backend.library.models import SearchEntry
from tests.fixtures.database import look_at_none_by_chance
from tests.fixtures.estate import Estate

NOW = utc_now().replace(microsecond=0)
OLDER = "0031"


def quietly(_doing: str) -> None:
    pass


@pytest.fixture
def estate(database: Database, tmp_path: Path) -> Estate:
    """A studio in which two people drew, were reviewed, shared and hooked."""
    made = Estate(database, tmp_path / "from")
    asyncio.run(made.fill())
    return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "kept"))


@pytest.fixture
def empty_storage(tmp_path: Path) -> FileStorage:
    return FileStorage(tmp_path / "to")


def saved(estate: Estate, place: Place, *, later: float = 0.0) -> Manifest:
    context = estate.context
    now = NOW + timedelta(seconds=later)
    return service.back_up(context.database, context.storage, place, now=now, tell=quietly)


def everything_in(url: str) -> dict[str, list[bytes]]:
    database = Database(url)
    try:
        with database.read() as session:
            connection = session.connection()
            return {
                table.name: list(lines_of(connection, table)) for table in tables_of(connection)
            }
    finally:
        database.dispose()


class TestThereAndBack:
    def test_every_row_file_and_link_is_equal(
        self, estate: Estate, place: Place, empty_database_url: str, empty_storage: FileStorage
    ) -> None:
        """From either database into either: four ways."""
        before = everything_in(estate.context.database.url)
        made = saved(estate, place)
        assert {name for name, lines in before.items() if lines} >= {
            "audit_entry", "image", "generation", "user_account", "flag", "webhook_delivery",
        }  # fmt: skip
        put = service.restore(place.open(), place, empty_database_url, empty_storage, tell=quietly)
        assert everything_in(empty_database_url) == before
        assert put.rows == sum(len(lines) for lines in before.values())
        assert put.anchor == made.anchor
        files = estate.context.storage
        with estate.context.database.read() as session:
            images = session.exec(select(Image)).all()
            head = audit.head(session)
        assert str(head) == put.anchor
        for image in images:
            for key in (image.storage_key, image.preview_key, image.thumb_key):
                assert empty_storage.get(key) == files.get(key)

    def test_the_next_row_has_the_next_number(
        self, estate: Estate, place: Place, empty_database_url: str, empty_storage: FileStorage
    ) -> None:
        saved(estate, place)
        service.restore(place.open(), place, empty_database_url, empty_storage, tell=quietly)
        database = Database(empty_database_url)
        try:
            with database.write() as session:
                entries = session.exec(select(SearchEntry).order_by(col(SearchEntry.number))).all()
                first, last = entries[0].model_dump(exclude={"number"}), entries[-1].number
                session.delete(entries[0])
                session.flush()
                again = SearchEntry(**first)
                session.add(again)
                subject = f"image:{again.image_id}"
                audit.record(session, actor_id=None, verb="image.hold", subject=subject)
                session.flush()
                assert last
                assert again.number == last + 1
            with database.read() as session:
                *_, verdict = audit.verify(session)
            assert not verdict.breaks
        finally:
            database.dispose()

    def test_a_snapshot_of_an_older_schema_is_brought_up_to_date(
        self, estate: Estate, place: Place, empty_database_url: str, empty_storage: FileStorage
    ) -> None:
        migrations.downgrade(estate.context.database.url, OLDER)
        made = saved(estate, place)
        assert made.revision == OLDER
        service.restore(place.open(), place, empty_database_url, empty_storage, tell=quietly)
        database = Database(empty_database_url)
        with database.read() as session:
            assert migrations.revision_of(session.connection()) == migrations.newest()
        database.dispose()

    def test_a_store_of_objects_keeps_them_too(
        self, sqlite_database: Database, tmp_path: Path, empty_storage: FileStorage
    ) -> None:
        estate = Estate(sqlite_database, tmp_path / "from")
        asyncio.run(estate.fill())
        place = Place(f"memory://{tmp_path.name}/kept")
        made = saved(estate, place)
        url = f"sqlite:///{tmp_path / 'to.db'}"
        put = service.restore(place.open(), place, url, empty_storage, tell=quietly)
        assert put.files == made.files > 0
        assert everything_in(url) == everything_in(sqlite_database.url)


@pytest.fixture
def small(sqlite_database: Database, tmp_path: Path) -> Estate:
    """A studio on SQLite, where the kind of database does not matter."""
    made = Estate(sqlite_database, tmp_path / "from")
    asyncio.run(made.fill())
    return made


@pytest.fixture
def nowhere(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'nowhere.db'}"


class TestAgain:
    def test_files_are_copied_once(self, small: Estate, place: Place) -> None:
        first, second = saved(small, place), saved(small, place, later=1)
        assert first.bytes > 0 == second.bytes
        assert first.files == second.files
        assert len(place.names()) == 2

    def test_older_ones_go_and_files_that_none_names(self, small: Estate, place: Place) -> None:
        saved(small, place)
        database, storage = small.context.database, small.context.storage
        with database.write() as session:
            image = session.exec(select(Image).order_by(col(Image.id).desc())).first()
            assert image
            fresh = storage.put(b"other bytes", suffix=".webp")
            former, image.storage_key = image.storage_key, fresh
        saved(small, place, later=10)
        week = timedelta(days=7)
        assert service.prune(place, older_than=week, now=NOW + timedelta(days=1)) == (0, 0)
        assert service.prune(place, older_than=week, now=NOW + timedelta(days=9)) == (1, 1)
        assert place.files.exists(fresh)
        assert not place.files.exists(former)
        assert service.prune(place, older_than=week, now=NOW + timedelta(days=99)) == (0, 0)

    def test_no_file_goes_while_another_is_being_made(self, small: Estate, place: Place) -> None:
        saved(small, place)
        loose = place.files.put(b"copied by the one that is being made", suffix=".webp")
        place.begin(NOW + timedelta(hours=1))
        soon, tomorrow = NOW + timedelta(hours=2), NOW + timedelta(hours=26)
        assert service.prune(place, older_than=timedelta(0), now=soon) == (0, 0)
        assert place.files.exists(loose)
        assert service.prune(place, older_than=timedelta(0), now=tomorrow) == (0, 1)
        assert place.unfinished() == []

    def test_what_the_storage_has_lost_is_named(
        self, small: Estate, place: Place, nowhere: str, empty_storage: FileStorage
    ) -> None:
        with small.context.database.read() as session:
            image = session.exec(select(Image)).first()
        assert image
        small.context.storage.delete(image.storage_key)
        assert saved(small, place).missing == [image.storage_key]
        service.restore(place.open(), place, nowhere, empty_storage, tell=quietly)
        assert not empty_storage.exists(image.storage_key)
        assert empty_storage.exists(image.thumb_key)


class TestRefusals:
    def test_a_place_with_somebody_in_it(self, small: Estate, place: Place) -> None:
        saved(small, place)
        before = everything_in(small.context.database.url)
        with pytest.raises(service.NotEmpty, match="ATELIER_DATABASE_URL"):
            service.restore(
                place.open(), place, small.context.database.url, small.context.storage, tell=quietly
            )
        assert everything_in(small.context.database.url) == before

    def test_a_started_studio_that_nobody_used_is_empty(
        self, small: Estate, place: Place, nowhere: str, empty_storage: FileStorage
    ) -> None:
        saved(small, place)
        migrations.upgrade(nowhere)
        opened = Database(nowhere)
        look_at_none_by_chance(opened)
        opened.dispose()
        service.restore(place.open(), place, nowhere, empty_storage, tell=quietly)
        assert everything_in(nowhere) == everything_in(small.context.database.url)

    def test_rows_that_were_changed(
        self, small: Estate, place: Place, tmp_path: Path, nowhere: str, empty_storage: FileStorage
    ) -> None:
        saved(small, place)
        path = tmp_path / "kept/snapshots" / place.names()[0] / "rows/user_account.jsonl.gz"
        path.write_bytes(
            gzip.compress(gzip.decompress(path.read_bytes()).replace(b"Canary", b"Kanary"))
        )
        with pytest.raises(BadSnapshot, match="user_account"):
            service.check(place.open(), place, tell=quietly)
        with pytest.raises(BadSnapshot, match="user_account"):
            service.restore(place.open(), place, nowhere, empty_storage, tell=quietly)
        assert everything_in(nowhere)["user_account"] == []

    def test_rows_that_are_cut_short(self, small: Estate, place: Place, tmp_path: Path) -> None:
        saved(small, place)
        path = tmp_path / "kept/snapshots" / place.names()[0] / "rows/image.jsonl.gz"
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(BadSnapshot, match=r"image\.jsonl\.gz"):
            service.check(place.open(), place, tell=quietly)

    @pytest.mark.parametrize("left", [None, b"other"])
    def test_a_file_that_is_gone_or_damaged(
        self, small: Estate, tmp_path: Path, nowhere: str, left: bytes | None
    ) -> None:
        place, empty_storage = Place(str(tmp_path / "kept")), FileStorage(tmp_path / "to")
        saved(small, place)
        key = place.open().files()[0]
        path = tmp_path / "kept/files" / key
        path.unlink()
        if left:
            path.write_bytes(left)
        with pytest.raises(BadSnapshot, match=key):
            service.check(place.open(), place, tell=quietly)
        with pytest.raises(BadSnapshot, match=key):
            service.restore(place.open(), place, nowhere, empty_storage, tell=quietly)

    def test_one_without_a_manifest_is_none(
        self, small: Estate, place: Place, tmp_path: Path
    ) -> None:
        saved(small, place)
        (tmp_path / "kept/snapshots" / place.names()[0] / "manifest.json").unlink()
        with pytest.raises(BadSnapshot, match="there are: none"):
            place.open()

    def test_one_of_a_newer_version(
        self, small: Estate, place: Place, nowhere: str, empty_storage: FileStorage
    ) -> None:
        made = saved(small, place)
        newer = made.model_copy(update={"revision": "9999", "software": "Atelier 99"})
        place.open().finish(newer)
        with pytest.raises(BadSnapshot, match="Atelier 99, which is newer"):
            service.restore(place.open(), place, nowhere, empty_storage, tell=quietly)

    def test_another_format(self, small: Estate, place: Place) -> None:
        made = saved(small, place)
        place.open().finish(made.model_copy(update={"format": 2}))
        with pytest.raises(BadSnapshot, match="format 2"):
            place.open().manifest()

    def test_a_database_without_a_schema(self, place: Place, nowhere: str, tmp_path: Path) -> None:
        database = Database(nowhere)
        storage = open_storage(f"file:{tmp_path / 'to'}")
        with pytest.raises(BadSnapshot, match="nothing to save"):
            service.back_up(database, storage, place, now=NOW, tell=quietly)
        database.dispose()

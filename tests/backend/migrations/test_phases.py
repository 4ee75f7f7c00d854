"""Two versions work on one schema: what a revision may do, and which program is told to go."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from backend import migrations
from backend.cli import app
from backend.kit.database import Database
from backend.kit.notifier.postgres import PostgresNotifier
from backend.migrations import Standing, phases, turns
from backend.migrations.floor import floor_of
from tests.backend.migrations.rules import faults_of, sources
from tests.faults.next_version import FIRST, FOLDER, INDEX, LAST

REVISIONS = sources(phases.HOME / "versions", phases.DECLARED_SINCE)
KNOWN = [step.revision for step in phases.chain()]
GROWS = """
revision = "0099"
PHASE = "expand"
def upgrade() -> None:
    op.create_table("shelf", sa.Column("id", sa.Integer(), nullable=False))
    op.create_index("ix_shelf_id", "shelf", ["id"])
    op.add_column("image", sa.Column("shelf", sa.Integer(), nullable=False, server_default="0"))
"""
BROKEN = [
    ('PHASE = "expand"', "", "say PHASE"),
    ('op.create_index("ix_shelf_id", "shelf"', 'op.create_index("ix_image_shelf", "image"', "online"),
    (', server_default="0"', "", "server_default"),
    ("op.create_table", 'op.drop_column("image", "lookup"); op.create_table', "drop_column takes"),
    ("op.create_table", 'op.rename_table("image", "picture"); op.create_table', "rename_table takes"),
    ("op.create_table", 'image.alter_column("lookup", nullable=False); op.create_table', "alter_column"),
    ("op.create_table", 'image.create_unique_constraint("u", ["sha256"]); op.create_table', "forbids"),
    ("op.create_table", 'op.execute("ALTER TABLE image DROP COLUMN lookup"); op.create_table', "DROP COLUMN"),
    ('"expand"', '"contract"', "OLDEST names"),
    ('"expand"', '"contract"\nOLDEST = "7777"', "OLDEST names"),
]  # fmt: skip


class TestRules:
    @pytest.mark.parametrize("name", REVISIONS)
    def test_are_kept_by_every_revision(self, name: str) -> None:
        assert faults_of(REVISIONS[name], KNOWN) == []

    @pytest.mark.parametrize("name", ["next_1", "next_2", "next_3"])
    def test_are_kept_by_the_next_version_of_the_tests(self, name: str) -> None:
        source = (FOLDER / f"{name}.py").read_text()
        assert faults_of(source, [*KNOWN, FIRST, INDEX, LAST]) == []

    def test_let_a_schema_grow(self) -> None:
        assert faults_of(GROWS, KNOWN) == []

    @pytest.mark.parametrize(("right", "wrong", "says"), BROKEN)
    def test_find_what_breaks_older_programs(self, right: str, wrong: str, says: str) -> None:
        assert right in GROWS
        [fault] = faults_of(GROWS.replace(right, wrong, 1), KNOWN)
        assert says in fault

    def test_find_a_floor_that_nobody_stands_on(self) -> None:
        source = (FOLDER / "next_3.py").read_text()
        wrong = source.replace(f'OLDEST = "{INDEX}"', f'OLDEST = "{LAST}"')
        [fault] = faults_of(wrong, [*KNOWN, FIRST, INDEX, LAST])
        assert "no program could wait" in fault

    def test_are_those_of_a_draft(self) -> None:
        assert 'PHASE = "expand"' in (phases.HOME / "script.py.mako").read_text()


@pytest.fixture
def next_version(
    sqlite_template: Path, postgres_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make migrations of this process those of the next version, once there are databases of this one."""
    assert sqlite_template.exists()
    assert postgres_template
    monkeypatch.setattr(phases, "folders", [*phases.folders, FOLDER])


def at(database: Database) -> tuple[str | None, str | None, Standing]:
    with database.read() as session:
        connection = session.connection()
        return (
            migrations.revision_of(connection),
            floor_of(connection),
            migrations.standing_of(connection),
        )


@pytest.mark.usefixtures("next_version")
class TestTwoVersions:
    def test_an_older_program_works_until_something_is_taken_away(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = Database(database_url)
        migrations.upgrade(database_url, INDEX)
        with monkeypatch.context() as older:
            older.setattr(phases, "folders", [phases.HOME / "versions"])
            assert migrations.upgrade(database_url) == []
            assert at(database) == (INDEX, None, Standing.NEWER)
        assert at(database) == (INDEX, None, Standing.WAITING)
        assert migrations.upgrade(database_url) == []
        assert at(database) == (LAST, INDEX, Standing.NEWEST)
        with monkeypatch.context() as older:
            older.setattr(phases, "folders", [phases.HOME / "versions"])
            with pytest.raises(migrations.Refused, match=f"needs a program of schema {INDEX}"):
                migrations.upgrade(database_url)
            told = CliRunner().invoke(app, ["migrate"], env={"ATELIER_DATABASE_URL": database_url})
            assert told.exit_code == 1
        migrations.downgrade(database_url, INDEX)
        assert at(database) == (INDEX, None, Standing.WAITING)
        database.dispose()

    @pytest.mark.parametrize("program", ["", KNOWN[-1]])
    def test_what_an_older_process_uses_stays_while_it_is_connected(
        self, postgres_url: str, program: str
    ) -> None:
        database = Database(postgres_url)
        older = PostgresNotifier(postgres_url, program).start()
        assert migrations.upgrade(postgres_url) == [LAST]
        assert at(database)[0] == INDEX
        older.close()
        same = PostgresNotifier(postgres_url, INDEX).start()
        assert migrations.upgrade(postgres_url) == []
        assert at(database)[:2] == (LAST, INDEX)
        same.close()
        database.dispose()

    def test_a_new_index_keeps_nobody_from_writing(self, postgres_url: str) -> None:
        migrations.upgrade(postgres_url, FIRST)
        database = Database(postgres_url)
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as reading:
            reading.execute("SELECT mood FROM generation")  # a transaction that the index waits for
            building = threading.Thread(target=migrations.upgrade, args=(postgres_url, INDEX))
            building.start()
            with database.write() as session:
                session.execute(text("SET LOCAL lock_timeout = '5s'"))
                session.execute(text("UPDATE generation SET mood = 'calm'"))
            reading.rollback()
        building.join(30)
        names = {one["name"] for one in inspect(database.engine).get_indexes("generation")}
        assert "ix_generation_mood" in names
        database.dispose()

    def test_a_table_in_use_is_tried_again(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "_TABLE_WITHIN", "50ms")
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as backup:
            backup.execute("SELECT id FROM generation")
            growing = threading.Thread(target=migrations.upgrade, args=(postgres_url, FIRST))
            growing.start()
            growing.join(1)
            assert growing.is_alive()
            backup.rollback()
        growing.join(30)
        database = Database(postgres_url)
        assert at(database)[0] == FIRST
        database.dispose()

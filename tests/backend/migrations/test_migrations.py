"""The schema on both databases is the models', from nothing and back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, col, select

from backend import migrations
from backend.accounts.models import ApiKey, Role, RolePermission, Standing, User
from backend.accounts.permissions import ROLE_SEEDS
from backend.audit import service as audit
from backend.audit.schemas import AuditFilter
from backend.catalog.models import ModelChoice, ModelMove
from backend.catalog.stages import Stage
from backend.images.models import Image
from backend.images.schemas import Status
from backend.images.service import stack_of
from backend.kit.database import Database
from inference.protocol import GenerationParameters

_THEN = "'2026-11-01 10:00:00'"
_PERSON = (
    "INSERT INTO user_account (id, issuer, subject, email, name, role, active, created_at) VALUES"
)
_KEY = "INSERT INTO api_key (id, user_id, name, secret_hash, created_at) VALUES"
_ENTRY = "INSERT INTO audit_entry (seq, at, actor_id, verb, subject, detail) VALUES"
NEWER_PERSON = (
    "INSERT INTO user_account (id, issuer, subject, email, name, role, standing, created_at)"
    f" VALUES ('u', 'i', 's', '', 'Dana', 'stylist', 'active', {_THEN})"
)
# What decided a look before pictures were drawn over, and before LoRAs.
LOOK = GenerationParameters(prompt="a dress").model_dump(
    mode="json",
    include={
        "prompt", "negative_prompt", "width", "height", "num_inference_steps", "guidance_scale",
        "seed", "num_images", "model", "scheduler", "priority",
    },
)  # fmt: skip
OLD_GENERATION = (
    "INSERT INTO generation (id, owner_id, parameters, request_hash, created_at, state, priority, cost,"
    " tag, run_at, attempt, max_attempts, fence, cancel_requested)"
    f" VALUES ('g' || :number, 'u', :parameters, 'h', {_THEN}, 'succeeded', 'normal', 1, 0, 0, 0, 1, 0, false)"
)
OLD_IMAGE = (
    'INSERT INTO image (id, generation_id, "index", owner_id, parameters, width, height, content_type,'
    " sha256, storage_key, preview_key, thumb_key, moderation, created_at)"
    " VALUES ('i' || :number, 'g' || :number, 0, 'u', :parameters, 8, 8, 'image/webp', '', '', '', '',"
    f" 'released', {_THEN})"
)
OLD_CHOICE = (
    "INSERT INTO model_choice (model, enabled, is_default, reason, changed_at, changed_by)"
    f" VALUES (:name, :enabled, :first, :reason, {_THEN}, 'u')"
)
OLDER_ROWS = (
    "INSERT INTO role (name, rank) VALUES ('stylist', 5)",
    f"{_PERSON} ('u1', 'i', 's1', '', 'Dana', 'stylist', true, {_THEN})",
    f"{_PERSON} ('u2', 'i', 's2', '', 'Gone', 'stylist', false, {_THEN})",
    f"{_KEY} ('k', 'u1', 'k', '', {_THEN})",
    f"{_ENTRY} (3, {_THEN}, 'u1', 'a', 'person:u1', '{{}}')",
    f"{_ENTRY} (4, {_THEN}, 'u1', 'b', 'person:u1', '{{\"why\": \"\u00e9\"}}')",
    f"{_ENTRY} (9, {_THEN}, NULL, 'c', 'person:u1', '{{}}')",
)


def is_not_of_the_search(
    _object: object,
    name: str,
    kind: str,
    reflected: bool,
    _compared: object,
) -> bool:
    """Leave out the index of words, which each database keeps in its own way; `library` tests it."""
    words = {"table": "search_index", "column": "vector", "index": "ix_search_entry_vector"}
    return not (reflected and name.startswith(words.get(kind, "\0")))


class TestUpgrade:
    def test_leaves_no_difference_to_the_models(self, database: Database) -> None:
        with database.engine.connect() as connection:
            opts = {"compare_type": True, "include_object": is_not_of_the_search}
            context = MigrationContext.configure(connection, opts=opts)
            assert compare_metadata(context, SQLModel.metadata) == []

    def test_writes_the_roles_that_a_new_studio_has(self, database: Database) -> None:
        with database.read() as session:
            ranks = {role.name: role.rank for role in session.exec(select(Role))}
            held = {
                name: set(
                    session.exec(
                        select(RolePermission.permission).where(col(RolePermission.role) == name)
                    )
                )
                for name in ranks
            }
        assert ranks == {seed.name: seed.rank for seed in ROLE_SEEDS}
        assert held == {seed.name: set(seed.permissions) for seed in ROLE_SEEDS}

    def test_is_safe_when_several_start_at_once(self, empty_database_url: str) -> None:
        with ThreadPoolExecutor(3) as pool:
            for start in [pool.submit(migrations.upgrade, empty_database_url) for _ in range(3)]:
                start.result()
        assert tables_of(empty_database_url) >= {"generation", "image", "user_account"}

    def test_makes_the_folder_of_a_new_sqlite_database(self, tmp_path: Path) -> None:
        migrations.upgrade(f"sqlite:///{tmp_path}/var/deep/atelier.db")
        assert (tmp_path / "var/deep/atelier.db").exists()

    def test_can_be_said_twice(self, database_url: str) -> None:
        migrations.upgrade(database_url)

    def test_leaves_nothing_behind_when_it_fails(self, empty_database_url: str) -> None:
        database = Database(empty_database_url)
        with database.write() as session:
            session.execute(text("CREATE TABLE generation (surprise INTEGER)"))
        try:
            migrations.upgrade(empty_database_url)
        except Exception as error:  # noqa: BLE001 - each driver has its own
            assert "generation" in str(error)  # noqa: PT017
        else:
            raise AssertionError("it did not fail")
        assert tables_of(empty_database_url) == {"generation"}
        database.dispose()


class TestRows:
    """What was there before a revision is there after it."""

    def test_of_an_older_studio_come_along(self, empty_database_url: str) -> None:
        migrations.upgrade(empty_database_url, "0005")
        database = Database(empty_database_url)
        with database.write() as session:
            for statement in OLDER_ROWS:
                session.execute(text(statement))
        migrations.upgrade(empty_database_url)
        with database.read() as session:
            standing = {user.name: user.standing for user in session.exec(select(User))}
            *_, verdict = audit.verify(session)
            written = [one.detail for one in audit.find(session, AuditFilter(), limit=9)]
            assert session.exec(select(ApiKey.user_id)).all() == ["u1"]
        assert standing == {"Dana": Standing.ACTIVE, "Gone": Standing.DEACTIVATED}
        assert (verdict.entries, verdict.breaks) == (3, [])
        assert written == [{}, {"why": "\u00e9"}, {}]
        database.dispose()

    def test_of_models_become_stages(self, empty_database_url: str) -> None:
        migrations.upgrade(empty_database_url, "0026")
        database = Database(empty_database_url)
        chosen = [
            ("on", True, False, ""),
            ("off", False, False, "Hands"),
            ("first", True, True, ""),
        ]
        with database.write() as session:
            session.execute(text("INSERT INTO role (name, rank) VALUES ('stylist', 5)"))
            session.execute(text(NEWER_PERSON))
            for name, enabled, first, reason in chosen:
                values = {"name": name, "enabled": enabled, "first": first, "reason": reason}
                session.execute(text(OLD_CHOICE), values)
        migrations.upgrade(empty_database_url)
        with database.read() as session:
            rows = session.exec(select(ModelChoice)).all()
            moves = session.exec(select(ModelMove)).all()
        expected = {
            ("on", Stage.AVAILABLE, ""),
            ("off", Stage.RETIRED, "Hands"),
            ("first", Stage.DEFAULT, ""),
        }
        assert {(row.model, row.stage, row.reason) for row in rows} == expected
        assert {(move.model, move.after, move.reason) for move in moves} == expected
        assert {(move.before, move.by) for move in moves} == {(None, "u")}
        database.dispose()

    def test_of_a_default_that_was_off_is_retired(self, empty_database_url: str) -> None:
        migrations.upgrade(empty_database_url, "0026")
        database = Database(empty_database_url)
        with database.write() as session:
            session.execute(text("INSERT INTO role (name, rank) VALUES ('stylist', 5)"))
            session.execute(text(NEWER_PERSON))
            values = {"name": "off", "enabled": False, "first": True, "reason": "Hands"}
            session.execute(text(OLD_CHOICE), values)
        migrations.upgrade(empty_database_url)
        with database.read() as session:
            [row] = session.exec(select(ModelChoice)).all()
        assert (row.stage, row.reason, row.changed_by) == (Stage.RETIRED, "Hands", "u")
        database.dispose()

    def test_of_images_learn_what_they_have_in_common(self, empty_database_url: str) -> None:
        migrations.upgrade(empty_database_url, "0013")
        database = Database(empty_database_url)
        looks = [{**LOOK, "seed": 1}, {**LOOK, "seed": 2}, {**LOOK, "width": 64}]
        with database.write() as session:
            session.execute(text("INSERT INTO role (name, rank) VALUES ('stylist', 5)"))
            session.execute(text(NEWER_PERSON))
            for number, look in enumerate(looks):
                written = {"number": number, "parameters": json.dumps(look)}
                session.execute(text(OLD_GENERATION), written)
                session.execute(text(OLD_IMAGE), written)
        migrations.upgrade(empty_database_url)
        with database.read() as session:
            found = session.exec(select(Image).order_by(col(Image.id))).all()
        assert [image.stack for image in found] == [stack_of(one.parameters) for one in found]
        assert found[0].stack == found[1].stack != found[2].stack
        assert {image.status for image in found} == {Status.DRAFT}
        database.dispose()

    def test_go_back_too(self, empty_database_url: str) -> None:
        migrations.upgrade(empty_database_url, "0005")
        database = Database(empty_database_url)
        with database.write() as session:
            for statement in OLDER_ROWS:
                session.execute(text(statement))
        migrations.upgrade(empty_database_url)
        migrations.downgrade(empty_database_url, "0005")
        with database.read() as session:
            people = session.execute(text("SELECT name, active FROM user_account ORDER BY id"))
            assert [(name, bool(active)) for name, active in people] == [
                ("Dana", True),
                ("Gone", False),
            ]
            entries = session.execute(text("SELECT seq, verb FROM audit_entry ORDER BY seq"))
            assert [tuple(row) for row in entries] == [(1, "a"), (2, "b"), (3, "c")]
        database.dispose()


class TestDowngrade:
    def test_leaves_an_empty_database(self, database_url: str) -> None:
        migrations.downgrade(database_url, "base")
        assert tables_of(database_url) == {"alembic_version"}

    def test_can_go_up_again(self, database_url: str) -> None:
        migrations.downgrade(database_url, "base")
        migrations.upgrade(database_url)
        assert "generation" in tables_of(database_url)


class TestNames:
    def test_every_constraint_has_one(self, database: Database) -> None:
        found = inspect(database.engine)
        for table in SQLModel.metadata.tables:
            for constraint in (
                *found.get_foreign_keys(table),
                *found.get_unique_constraints(table),
            ):
                assert constraint["name"], f"{table}: {constraint}"


def tables_of(url: str) -> set[str]:
    database = Database(url)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.dispose()

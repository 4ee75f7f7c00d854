"""The schema on both databases is the models', from nothing and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, col, select

from backend import migrations
from backend.accounts.models import Role, RolePermission
from backend.accounts.permissions import ROLE_SEEDS
from backend.kit.database import Database


class TestUpgrade:
    def test_leaves_no_difference_to_the_models(self, database: Database) -> None:
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
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

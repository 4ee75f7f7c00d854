"""Transactions: whole or not at all, and side effects only after them."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlmodel import func, select, update

from backend.accounts.models import User
from backend.kit.database import Database, call_after_commit, write_ahead
from tests.fixtures.actors import add_user


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(User.name)))


class TestWrite:
    def test_commits_at_the_end(self, database: Database) -> None:
        user = add_user(database, name="Dana")
        assert names(database) == [user.name]

    def test_keeps_nothing_when_it_raises(self, database: Database) -> None:
        user = add_user(database, name="Dana")

        def fail() -> None:
            with database.write() as session:
                session.execute(update(User).values(name="Eve"))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert names(database) == [user.name]

    def test_writers_take_turns(self, database: Database) -> None:
        """Read, think, write: on SQLite a second writer waits from the start rather than fail."""
        user = add_user(database, name="")
        together = threading.Barrier(4)

        def write() -> None:
            together.wait()
            with database.write() as session:
                row = session.get(User, user.id, with_for_update=True)
                assert row
                row.name += "x"

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert names(database) == ["xxxx"]


class TestOpeningSqlite:
    """Two who switch one new file at once: one is refused at once, in one of a hundred tries."""

    class Cursor:
        def __init__(self, *errors: int) -> None:
            self.errors = list(errors)

        def execute(self, _statement: str) -> None:
            if self.errors:
                error = sqlite3.OperationalError("no")
                error.sqlite_errorcode = self.errors.pop()
                raise error

    def test_asks_again_while_another_switches_the_file(self) -> None:
        cursor = self.Cursor(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY)
        write_ahead(cursor)
        assert cursor.errors == []

    def test_does_not_ask_again_of_a_full_disk(self) -> None:
        cursor = self.Cursor(sqlite3.SQLITE_FULL, sqlite3.SQLITE_FULL)
        with pytest.raises(sqlite3.OperationalError):
            write_ahead(cursor)
        assert len(cursor.errors) == 1


class TestRead:
    def test_rolls_back_what_it_changed(self, database: Database) -> None:
        user = add_user(database, name="Dana")
        with database.read() as session:
            session.execute(update(User).values(name="Eve"))
        assert names(database) == [user.name]

    def test_is_not_kept_waiting_by_a_writer(self, database: Database) -> None:
        add_user(database)
        with database.write() as writer:
            writer.execute(update(User).values(name="Eve"))
            with database.read() as reader:
                assert reader.exec(select(func.count()).select_from(User)).one() == 1


class TestAfterCommit:
    def test_runs_once_the_row_can_be_seen(self, database: Database) -> None:
        seen: list[list[str]] = []
        user = add_user(database, name="Dana")
        with database.write() as session:
            session.execute(update(User).values(name="Eve"))
            call_after_commit(session, lambda: seen.append(names(database)))
            assert seen == []
        assert seen == [["Eve"]]
        assert user.name == "Dana"

    def test_does_not_run_after_a_failure(self, database: Database) -> None:
        ran: list[int] = []

        def fail() -> None:
            with database.write() as session:
                call_after_commit(session, lambda: ran.append(1))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert ran == []


class TestPing:
    def test_answers_when_the_database_does(self, database: Database) -> None:
        database.ping()

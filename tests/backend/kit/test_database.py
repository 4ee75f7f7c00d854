"""Transactions: whole or not at all, and side effects only after them."""

from __future__ import annotations

import sqlite3
import threading

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
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


class TestOpeningPostgres:
    """How long a server is waited for that does not answer: five seconds, or what its address says."""

    @pytest.mark.parametrize(("said", "waited_s"), [("", 5), ("?connect_timeout=30", 30)])
    def test_the_address_may_say_for_how_long(
        self, monkeypatch: pytest.MonkeyPatch, said: str, waited_s: int
    ) -> None:
        asked: list[int] = []

        def connect(*_: object, connect_timeout: int | str, **__: object) -> None:
            asked.append(int(connect_timeout))
            raise psycopg.OperationalError

        monkeypatch.setattr(psycopg, "connect", connect)
        database = Database(f"postgresql+psycopg://nobody@127.0.0.1:1/none{said}")
        with pytest.raises(OperationalError), database.read() as session:
            session.exec(select(User.name))
        assert asked == [waited_s]


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

"""Cursors lead through a list without a gap, and only ours are taken."""

from __future__ import annotations

import pytest
from sqlmodel import select

from backend.accounts.models import User
from backend.kit.database import Database
from backend.kit.errors import Unprocessable
from backend.kit.ids import new_id
from backend.kit.pagination import decode_cursor, encode_cursor, fetch_page
from tests.fixtures.actors import add_user


class TestFetchPage:
    def test_visits_every_row_once_newest_first(self, sqlite_database: Database) -> None:
        ids = [add_user(sqlite_database).id for _ in range(5)]
        seen: list[str] = []
        cursor = None
        with sqlite_database.read() as session:
            for _ in range(3):
                rows, cursor = fetch_page(session, select(User), User.id, cursor=cursor, limit=2)
                seen += [row.id for row in rows]
        assert seen == sorted(ids, reverse=True)
        assert cursor is None

    def test_is_not_moved_by_rows_that_came_since(self, sqlite_database: Database) -> None:
        ids = [add_user(sqlite_database).id for _ in range(4)]
        with sqlite_database.read() as session:
            _, cursor = fetch_page(session, select(User), User.id, cursor=None, limit=2)
        add_user(sqlite_database)
        with sqlite_database.read() as session:
            rows, _ = fetch_page(session, select(User), User.id, cursor=cursor, limit=2)
        assert [row.id for row in rows] == sorted(ids, reverse=True)[2:]

    def test_ends_exactly_at_the_last_row(self, sqlite_database: Database) -> None:
        add_user(sqlite_database)
        add_user(sqlite_database)
        with sqlite_database.read() as session:
            rows, cursor = fetch_page(session, select(User), User.id, cursor=None, limit=2)
        assert (len(rows), cursor) == (2, None)


class TestCursor:
    def test_comes_back_as_it_went(self) -> None:
        last = new_id()
        assert decode_cursor(encode_cursor(last)) == last

    @pytest.mark.parametrize("cursor", ["", "x", "%%%", "JyBPUiAxPTE", "ü", "/w", "AAAA"])
    def test_is_refused_when_it_is_none_of_ours(self, cursor: str) -> None:
        with pytest.raises(Unprocessable) as refused:
            decode_cursor(cursor)
        assert refused.value.fields[0].field == "cursor"

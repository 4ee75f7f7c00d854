"""`atelier notice` from a terminal, on a database that no studio has open."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from backend.kit.database import Database
from backend.kit.errors import Maintenance
from backend.notices import service
from backend.notices.schemas import NoticeNow
from tests.fixtures import terminal

atelier = partial(terminal.atelier, "notice")


@pytest.fixture
def database(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    terminal.at_home(monkeypatch, sqlite_database.url, tmp_path)
    return sqlite_database


def told(database: Database) -> NoticeNow:
    with database.read() as session:
        return service.tell(session)


def test_posts_prints_and_clears(database: Database) -> None:
    assert "There is no notice." in atelier().output
    done = atelier("Tags [b]have[/b] come.")
    assert done.exit_code == 0, done.output
    assert "info, since" in done.output
    assert "until somebody ends it: Tags [b]have[/b] come." in atelier().output
    assert "generations are accepted" in atelier("--clear").output
    assert told(database).notice is None


def test_begins_maintenance_for_a_while(database: Database) -> None:
    done = atelier("The GPUs move.", "--maintenance", "--for", "2h")
    assert done.exit_code == 0, done.output
    assert "maintenance, since" in done.output
    seen = told(database)
    assert seen.in_force
    assert seen.changes_in_s == pytest.approx(7200, abs=30)
    with database.read() as session, pytest.raises(Maintenance, match="The GPUs move"):
        service.refuse_under_maintenance(session)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("x", "--for", "soon"), "a length reads 30m, 2h or 1d"),
        (("x", "--clear"), "either a text or --clear"),
        (("--maintenance",), "a text that says why"),
        (("x" * 501,), "1 to 500 characters"),
    ],
)
def test_says_what_is_wrong(database: Database, given: tuple[str, ...], why: str) -> None:
    done = atelier(*given)
    assert done.exit_code == 1
    assert why in " ".join(done.output.split())
    assert told(database).notice is None

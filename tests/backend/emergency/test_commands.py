"""`atelier emergency` from a terminal, on a database that no studio has open."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures import terminal
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop

atelier = partial(terminal.atelier, "emergency")
WHY = ("--reason", "A fire drill.")


@pytest.fixture
def workshop(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workshop:
    terminal.at_home(monkeypatch, sqlite_database.url, tmp_path)
    return Workshop(sqlite_database, tmp_path)


def test_stops_a_model_says_so_and_lifts_it(workshop: Workshop) -> None:
    row = workshop.submit()
    assert "Nothing is stopped" in atelier("status").output
    done = atelier("stop", "--model", CARD.name, *WHY)
    assert done.exit_code == 0, done.output
    assert "1 waiting generations" in done.output
    assert workshop.row(row).state is State.FAILED
    stop_id = done.output.split()[0]
    shown = atelier("status").output
    assert stop_id in shown
    assert f"model {CARD.name}" in shown
    assert "A fire drill." in shown
    assert atelier("lift", stop_id).exit_code == 0
    assert "Nothing is stopped" in atelier("status").output


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("stop", *WHY), "one of --model"),
        (("stop", "--everything", "--model", "a", *WHY), "one of --model"),
        (("stop", "--category", "nowhere", *WHY), "must be a category"),
        (("stop", "--everything", "--reason", "x"), "reason"),
        (("lift", "nothing"), "no stop"),
        (("takedown", "nothing", "--category", "restricted", *WHY), "no image"),
    ],
)
def test_says_what_is_wrong(words: tuple[str, ...], told: str) -> None:
    done = atelier(*words)
    assert done.exit_code != 0
    assert told in done.output

"""`atelier audit` from a terminal, on a database that no studio has open."""

from __future__ import annotations

import csv
import json
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.audit import service as audit
from backend.kit.database import Database
from tests.fixtures import terminal

atelier = partial(terminal.atelier, "audit")


@pytest.fixture
def database(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    terminal.at_home(monkeypatch, sqlite_database.url, tmp_path)
    for number, verb in enumerate(("webhook.create", "webhook.delete", "=HYPERLINK()")):
        with sqlite_database.write() as session:
            audit.record(
                session, actor_id="dana", verb=verb, subject=f"webhook:{number}", detail={"n": verb}
            )
    return sqlite_database


@pytest.mark.usefixtures("database")
def test_says_that_the_chain_holds_and_gives_an_anchor() -> None:
    shown = atelier("verify")
    assert shown.exit_code == 0, shown.output
    assert "3 entries, 0 with erased details" in shown.output
    anchor = shown.output.rpartition("--anchor ")[2].strip()
    assert anchor.startswith("3:")
    assert atelier("verify", "--anchor", anchor).exit_code == 0
    refused = atelier("verify", "--anchor", f"3:{'0' * 64}")
    assert refused.exit_code == 1
    assert "entry 3: it is not what the anchor says" in refused.output


def test_says_which_entry_was_changed(database: Database) -> None:
    with database.write() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("UPDATE audit_entry SET actor_id = 'mallory' WHERE seq = 2"))
    shown = atelier("verify")
    assert shown.exit_code == 1
    assert "entry 2: it is not what was written" in shown.output


@pytest.mark.usefixtures("database")
def test_says_what_an_anchor_looks_like() -> None:
    shown = atelier("verify", "--anchor", "7")
    assert shown.exit_code != 0
    assert "SEQ:HASH" in shown.output


@pytest.mark.usefixtures("database")
def test_prints_entries_as_json_lines() -> None:
    lines = atelier("export", "--verb", "webhook.").output.splitlines()
    assert [json.loads(line)["verb"] for line in lines] == ["webhook.delete", "webhook.create"]


@pytest.mark.usefixtures("database")
def test_prints_a_table_that_no_spreadsheet_computes() -> None:
    rows = list(csv.DictReader(StringIO(atelier("export", "--format", "csv").output)))
    assert [row["verb"] for row in rows] == ["'=HYPERLINK()", "webhook.delete", "webhook.create"]
    assert json.loads(rows[1]["detail"]) == {"n": "webhook.delete"}


@pytest.mark.usefixtures("database")
def test_narrows_by_time_and_person() -> None:
    assert atelier("export", "--until", "2020-01-01").output == ""
    assert (
        len(atelier("export", "--since", "2020-01-01", "--actor", "dana").output.splitlines()) == 3
    )

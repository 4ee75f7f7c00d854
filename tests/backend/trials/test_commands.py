"""`atelier policy` from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.fixtures.actors import add_user
from tests.fixtures.judged import add_judged, scores
from tests.fixtures.terminal import at_home, atelier


@pytest.fixture(autouse=True)
def home(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(monkeypatch, sqlite_database.url, tmp_path)


def test_what_show_prints_can_be_changed_and_tried(
    sqlite_database: Database, tmp_path: Path
) -> None:
    owner = add_user(sqlite_database, "designer")
    add_judged(sqlite_database, owner, [scores(motif=-0.01), scores(motif=-0.5)])
    document = json.loads(atelier("policy", "show").stdout)
    document["categories"][1]["shift"] = 0.02
    file = tmp_path / "stricter.json"
    file.write_text(json.dumps(document))
    told = atelier("policy", "try", str(file))
    assert told.exit_code == 0, told.output
    assert "Would newly hold 1 and release 0 of 2 images; 1 held in all." in told.output


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "categories: Field required"),
        ('{"categories": [{"name": "a", "title": "A", "shift": 1}]}', "categories.0.shift"),
        ('{"categories": [{"name": "a", "title": "A"}, {"name": "a", "title": "B"}]}', "two"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_by_its_place(
    tmp_path: Path, written: str, said: str
) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(written)
    refused = atelier("policy", "try", str(file))
    assert refused.exit_code == 1
    assert said in refused.output


def test_a_version_that_is_not_there() -> None:
    assert "no policy version 7" in atelier("policy", "difference", "1", "7").output
    same = json.loads(atelier("policy", "difference", "1", "1").stdout)
    assert same["same"] is True

"""`atelier backup`, `snapshots` and `restore` from a terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.kit.database import Database
from tests.fixtures.estate import Estate
from tests.fixtures.terminal import at_home, atelier


@pytest.fixture
def kept(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A studio in the settings, and where it is to be saved."""
    at_home(monkeypatch, sqlite_database.url, tmp_path)
    asyncio.run(Estate(sqlite_database, tmp_path).fill())
    return str(tmp_path / "kept")


def test_there_and_back(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = atelier("backup", kept, "--keep-days", "35")
    assert made.exit_code == 0, made.output
    anchor = " ".join(made.output.split()).split("The audit ends at ")[1].split(".")[0]
    listed = atelier("snapshots", kept)
    assert anchor in listed.output
    whole = atelier("restore", kept, "--check")
    assert whole.exit_code == 0, whole.output
    assert "is whole" in whole.output
    full = atelier("restore", kept)
    assert full.exit_code == 1
    assert "ATELIER_DATABASE_URL" in " ".join(full.output.split())
    at_home(monkeypatch, f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "new")
    back = atelier("restore", kept)
    assert back.exit_code == 0, back.output
    assert anchor in " ".join(back.output.split())
    verified = atelier("audit", "verify", "--anchor", anchor)
    assert verified.exit_code == 0, verified.output


def test_what_is_wrong_is_said(kept: str) -> None:
    nothing = atelier("restore", kept)
    assert nothing.exit_code == 1
    assert "there are: none" in nothing.output
    unknown = atelier("backup", "nosuch://bucket")
    assert unknown.exit_code == 1
    assert "TARGET" in unknown.output

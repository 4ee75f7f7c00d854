"""`atelier queue` from a terminal, on a database that no studio has open."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, update

from backend.generations.models import Generation
from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures import terminal
from tests.fixtures.workshop import Workshop

atelier = partial(terminal.atelier, "queue")


@pytest.fixture
def workshop(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workshop:
    terminal.at_home(monkeypatch, sqlite_database.url, tmp_path)
    return Workshop(sqlite_database, tmp_path)


def test_prints_who_waits_for_what(workshop: Workshop) -> None:
    row = workshop.submit(prompt="a [bold] dress")
    shown = atelier()
    assert shown.exit_code == 0, shown.output
    for word in (row.id, workshop.actor.email, "queued", "0/3", "a [bold] dress", "1 queued"):
        assert word in shown.output


@pytest.mark.usefixtures("workshop")
def test_drains_and_resumes() -> None:
    assert "drained since" in atelier("drain").output
    assert "drained since" in atelier().output
    assert "; open." in atelier("resume").output


def test_prints_and_retries_dead_letters(workshop: Workshop) -> None:
    row = workshop.submit()
    with workshop.context.database.write() as session:
        session.execute(
            update(Generation)
            .where(col(Generation.id) == row.id)
            .values(state=State.FAILED, error_code="storage_full", error_message="No room.")
        )
    assert "storage_full" in atelier("dead").output
    fresh = atelier("retry", row.id).output.strip()
    assert workshop.row(row).retried_as == fresh
    again = atelier("retry", row.id)
    assert again.exit_code == 1
    assert "retried already" in again.output
    assert row.id not in atelier("dead").output

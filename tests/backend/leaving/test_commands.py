"""`atelier person`, `retention` and `legal-hold` from a terminal, on a database that no studio has open."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from zipfile import ZipFile

import pytest

from backend.accounts.models import User
from backend.kit.database import Database
from backend.leaving import erasure
from tests.fixtures.actors import add_user
from tests.fixtures.estate import CANARIES, EMAIL, Estate
from tests.fixtures.terminal import at_home, atelier


@pytest.fixture
def estate(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    at_home(monkeypatch, sqlite_database.url, tmp_path)
    made = Estate(sqlite_database, tmp_path)
    asyncio.run(made.fill())
    return made


class TestErase:
    def test_wants_the_address_typed_again(self, estate: Estate) -> None:
        refused = atelier("person", "erase", "--email", EMAIL, typed="dana@example.com\n")
        assert refused.exit_code == 1
        assert "nothing was done" in refused.output
        assert estate.found_in_database() == set(CANARIES)
        done = atelier("person", "erase", "--email", EMAIL, typed=f"{EMAIL}\n")
        assert done.exit_code == 0, done.output
        assert "3 generations" in done.output
        assert estate.found_in_database() == set()
        assert estate.found_in_files() == set()
        again = atelier("person", "erase", "--email", EMAIL)
        assert again.exit_code == 1
        assert "nobody here" in again.output

    def test_dry_run_asks_and_does_nothing(self, estate: Estate) -> None:
        shown = atelier("person", "erase", "--email", EMAIL, "--dry-run")
        assert shown.exit_code == 0, shown.output
        for words in ("Would be removed", "3 generations", "2 images", "audit_entry"):
            assert words in shown.output
        assert estate.found_in_database() == set(CANARIES)

    def test_goes_on_with_one_that_was_broken_off(
        self, estate: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(_database: Database) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(erasure, "scrub", die)
            atelier("person", "erase", "--email", EMAIL, "--confirm", EMAIL)
        lost = atelier("person", "erase", "--email", EMAIL)
        assert "was begun" in " ".join(lost.output.split())
        person = estate.person.id
        done = atelier("person", "erase", "--id", person, "--confirm", person)
        assert done.exit_code == 0, done.output
        assert "3 generations" in done.output

    def test_is_refused_where_several_have_the_address(self, estate: Estate) -> None:
        twin = add_user(estate.context.database, email=EMAIL)
        refused = atelier("person", "erase", "--email", EMAIL, "--confirm", EMAIL)
        assert refused.exit_code == 1
        assert twin.id in refused.output

    def test_is_refused_under_a_legal_hold(self, estate: Estate) -> None:
        subject = f"person:{estate.person.id}"
        hold = atelier("legal-hold", "place", subject, "--reason", "Dispute 7").output.strip()
        refused = atelier("person", "erase", "--email", EMAIL, "--confirm", EMAIL)
        assert refused.exit_code == 1
        assert hold in refused.output
        assert "Dispute 7" in atelier("legal-hold", "list").output
        assert subject in atelier("legal-hold", "lift", hold).output
        assert "Dispute 7" not in atelier("legal-hold", "list").output
        assert "Dispute 7" in atelier("legal-hold", "list", "--lifted").output
        wrong = atelier("legal-hold", "place", "dana", "--reason", "x")
        assert "person:ID" in wrong.output


@pytest.mark.usefixtures("estate")
def test_export_writes_a_zip_for_its_owner_alone(tmp_path: Path) -> None:
    to = tmp_path / "canary.zip"
    done = atelier("person", "export", "--email", EMAIL, "--to", str(to))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    with ZipFile(to) as zipped:
        assert zipped.testzip() is None
    assert not to.with_name("canary.zip.part").exists()
    again = atelier("person", "export", "--email", EMAIL, "--to", str(to))
    assert again.exit_code == 1


def test_transfer_hands_everything_on(estate: Estate) -> None:
    done = atelier("person", "transfer", "--from", EMAIL, "--to", estate.other.id)
    assert "3 generations, 2 images" in done.output
    assert len(estate.generations_of(estate.other)) == 5
    with estate.context.database.read() as session:
        assert session.get_one(User, estate.person.id).active


def test_retention_tells_before_it_removes(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was too old." in atelier("retention", "run").output
    monkeypatch.setenv("ATELIER_GENERATION_DAYS", "1e-9")
    foretold = atelier("retention", "run", "--dry-run")
    assert "Nothing was removed." in foretold.output
    [line] = [one for one in foretold.output.splitlines() if one.strip().startswith("generations")]
    _, _, rows, size, _ = line.split()
    assert int(rows) == 4
    assert int(size) > 0
    assert "failed" in foretold.output
    assert "for ever" in foretold.output
    assert len(estate.images_of(estate.person)) == 2
    assert "generations: 4" in atelier("retention", "run").output
    assert estate.images_of(estate.person) == []

"""What an administrator is told: that all is well, or which part is not and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, update

from backend import doctor, migrations
from backend.audit.models import AuditHead
from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.kit.queue import State
from backend.kit.settings import Settings
from backend.kit.storage.file import FileStorage
from backend.system.examination import Examination
from backend.webhooks.models import Webhook
from inference.protocol import CheckerCard
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import QUIET, Studio
from tests.fixtures.scripted import CARD

API = "/api/v1/system"
PATIENCE_S = 60.0
NAMES = [
    "database", "storage", "inference", "models", "maintenance", "queue", "dispatchers", "dead_letters",
    "webhooks", "audit", "retention", "unsigned", "data_folder", "disk", "memory", "sign_in", "keys", "secret_files",
    "signing",
]  # fmt: skip
# What this very machine is like is not the studio's doing.
MACHINE = {"disk", "memory", "storage", "keys", "signing"}


@pytest.fixture
def studio_settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # What a look finds is asked for here, however long two cores take for it.
    patient = partial(Examination, within_s=PATIENCE_S)
    monkeypatch.setattr("backend.system.service.Examination", patient)
    return Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.program("admin")


def look(ada: Client) -> dict[str, Any]:
    answer = ada.get(API)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["checks"]}


class TestAllIsWell:
    def test_every_part_says_so(self, studio: Studio, ada: Client) -> None:
        studio.draw(studio.actors.program("designer"))
        told = ada.get(API).json()
        checks = {one["name"]: one for one in told["checks"]}
        assert list(checks) == NAMES
        amiss = [one for one in checks.values() if one["state"] != "ok"]
        assert [one for one in amiss if one["name"] not in MACHINE] == []
        kind = "SQLite" if studio.context.database.is_sqlite else "PostgreSQL"
        assert f"{kind} answers in" in checks["database"]["says"]
        assert f"schema {migrations.newest()}." in checks["database"]["says"]
        assert "scripted with scripted-checker" in checks["models"]["says"]
        assert told["processes"] == (None if studio.context.database.is_sqlite else 1)
        assert told["started_at"] <= told["checked_at"]
        assert told["version"]

    def test_each_warning_says_what_to_do(self, ada: Client) -> None:
        assert [
            one["name"] for one in look(ada).values() if one["state"] != "ok" and not one["do_next"]
        ] == []


def drained(_studio: Studio, ada: Client, _dana: Client) -> None:
    ada.post("/api/v1/queue/drain").raise_for_status()


def maintained(_studio: Studio, ada: Client, _dana: Client) -> None:
    ada.put("/api/v1/notice", json={"kind": "maintenance", "text": "x"}).raise_for_status()


def died(studio: Studio, _ada: Client, dana: Client) -> None:
    studio.draw(dana, "broken")


def failing(studio: Studio, _ada: Client, _dana: Client) -> None:
    owner = add_user(studio.context.database)
    with studio.context.database.write() as session:
        session.add(
            Webhook(owner_id=owner.id, url="https://x.example", kinds=[], secret="s", failing_since=utc_now())
        )  # fmt: skip


def away(studio: Studio, _ada: Client, _dana: Client) -> None:
    studio.inference.away = True


def unwritable(studio: Studio, _ada: Client, _dana: Client) -> None:
    assert isinstance(studio.context.storage, FileStorage)
    folder = studio.context.storage.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("no folder")


def silent(studio: Studio, _ada: Client, dana: Client) -> None:
    done = studio.draw(dana)["id"]
    row = update(Generation).where(col(Generation.id) == done)
    with studio.context.database.write() as session:
        # Owned by nobody who could give it back: the lifeline looks every five seconds.
        session.execute(row.values(state=State.RUNNING, lease_until=1.0, fence=9))


def old_schema(studio: Studio, _ada: Client, _dana: Client) -> None:
    with studio.context.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0021'"))


def forged(studio: Studio, _ada: Client, _dana: Client) -> None:
    with studio.context.database.write() as session:
        session.execute(update(AuditHead).values(hash="0" * 64))


def overdue(studio: Studio, _ada: Client, dana: Client) -> None:
    image = studio.image(dana)["id"]
    long_ago = utc_now() - timedelta(days=31)
    with studio.context.database.write() as session:
        session.execute(update(Image).where(col(Image.id) == image).values(trashed_at=long_ago))


@pytest.mark.parametrize(
    ("deed", "name", "state", "words"),
    [
        (drained, "queue", "warn", "Drained since"),
        (maintained, "maintenance", "warn", "New generations are refused"),
        (died, "dead_letters", "warn", "1 generations failed for good"),
        (failing, "webhooks", "warn", "1 of 1 fail"),
        (away, "inference", "bad", "Nothing that draws can be reached"),
        (unwritable, "storage", "bad", "Files cannot be written"),
        (silent, "dispatchers", "bad", "have lost their dispatcher"),
        (old_schema, "database", "bad", "has schema 0021"),
        (forged, "audit", "bad", "is not as it was written"),
        (overdue, "retention", "warn", "1 trash"),
    ],
)
def test_tells_what_is_not_well(  # noqa: PLR0913, PLR0917
    studio: Studio,
    ada: Client,
    deed: Callable[..., None],
    name: str,
    state: str,
    words: str,
) -> None:
    deed(studio, ada, studio.actors.program("designer"))
    check = look(ada)[name]
    assert (check["state"], words in check["says"]) == (state, True), check
    assert check["do_next"]


def test_a_demonstration_of_a_checker_is_no_checker_in_public(
    studio: Studio, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(ada)["models"]["state"] == "ok"
    studio.inference.cards = [CARD.model_copy(update={"safety_checker": "demo-checker"})]
    monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
    assert look(ada)["models"]["state"] == "ok"  # nobody but this machine reaches it
    monkeypatch.setitem(studio.context.settings.__dict__, "on_loopback", False)
    assert look(ada)["models"]["state"] == "warn"


def test_a_checker_says_what_it_can_see_and_why_it_measures_nothing(
    studio: Studio, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
    sound = CheckerCard(name="shield", kind="head", scope="demo: sees one badge")
    studio.inference.cards = [CARD.model_copy(update={"checkers": [sound]})]
    assert "scripted with shield (demo: sees one badge)" in look(ada)["models"]["says"]
    torn = sound.model_copy(update={"trouble": "its file is cut short"})
    studio.inference.cards = [CARD.model_copy(update={"checkers": [torn]})]
    check = look(ada)["models"]
    assert check["state"] == "warn"
    assert "shield of scripted: its file is cut short" in check["says"]


def test_little_room_is_a_warning_and_none_is_bad(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "DISK_WANTED_SHARE", 2.0)
    assert look(ada)["storage"]["state"] == "warn"
    monkeypatch.setattr(doctor, "DISK_NEEDED_MB", 10**9)
    assert look(ada)["storage"]["state"] == "bad"

"""An export opens, its hashes hold, and it has everything of one person and nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image as Pillow
from sqlmodel import select

from backend.accounts.keys import create as create_api_key
from backend.accounts.models import ApiKey, UserSession
from backend.accounts.schemas import ApiKeyCreate
from backend.kit import archive
from backend.kit.archive import MANIFEST, Entry
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.ids import new_id
from backend.leaving import export
from backend.leaving.belongings import BELONGINGS
from backend.webhooks.models import Webhook
from tests.fixtures.app import Studio
from tests.fixtures.estate import (
    ABOUT,
    AGENT,
    CANARIES,
    IDEMPOTENCY,
    INVITED,
    KEY,
    NAME,
    NOTE,
    NOTE_OF_HERS,
    PROMPT,
    REASON,
    TOKEN,
    URL,
    Estate,
)  # fmt: skip


def opened(estate: Estate) -> ZipFile:
    chunks = export.export(estate.context.database, estate.context.storage, estate.person)
    return ZipFile(BytesIO(b"".join(chunks)))


def lines(zipped: ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in zipped.read(f"{name}.jsonl").splitlines()]


def everything_in(zipped: ZipFile) -> bytes:
    return b"".join(zipped.read(name) for name in zipped.namelist())


BROUGHT = b"a picture of hers"


@pytest.fixture
def zipped(estate: Estate) -> ZipFile:
    asyncio.run(estate.fill())
    estate.bring(BROUGHT)
    estate.hold_legally(f"person:{estate.person.id}", REASON)
    return opened(estate)


class TestWhatIsInIt:
    def test_every_file_is_as_the_manifest_says(self, zipped: ZipFile) -> None:
        assert zipped.testzip() is None
        lines = [line.split("  ", 1) for line in zipped.read(MANIFEST).decode().splitlines()]
        told = {name: digest for digest, name in lines}
        assert set(told) == set(zipped.namelist()) - {MANIFEST}
        for name, digest in told.items():
            assert sha256(zipped.read(name)).hexdigest() == digest, name

    def test_every_kind_of_belonging_has_its_file_that_the_readme_names(
        self, zipped: ZipFile
    ) -> None:
        readme = zipped.read("README.txt").decode()
        for one in BELONGINGS:
            assert lines(zipped, one.name), one.name
            assert f"{one.name}.jsonl" in readme
        for name in zipped.namelist():
            assert (
                name in readme or name == "README.txt" or name.startswith(("images/", "uploads/"))
            )

    def test_has_what_they_wrote(self, zipped: ZipFile) -> None:
        assert json.loads(zipped.read("account.json"))["name"] == NAME
        assert PROMPT in {one["parameters"]["prompt"] for one in lines(zipped, "generations")}
        assert [(one["url"], one["description"]) for one in lines(zipped, "webhooks")] == [
            (URL, ABOUT)
        ]
        assert [one["name"] for one in lines(zipped, "api_keys")] == [KEY]
        assert [one["user_agent"] for one in lines(zipped, "sessions")] == [AGENT]
        assert PROMPT in zipped.read("deliveries.jsonl").decode()
        assert IDEMPOTENCY in zipped.read("generations.jsonl").decode()
        assert NOTE in zipped.read("flags.jsonl").decode()
        assert NOTE_OF_HERS in zipped.read("audit.jsonl").decode()
        (upload,) = lines(zipped, "uploads")
        assert zipped.read(f"uploads/{upload['id']}.webp") == BROUGHT

    def test_has_released_pictures_and_says_which_are_missing(
        self, zipped: ZipFile, estate: Estate
    ) -> None:
        released, rejected = estate.images_of(estate.person)
        data = zipped.read(f"images/{released.id}.webp")
        assert sha256(data).hexdigest() == released.sha256
        with Pillow.open(BytesIO(data)) as picture:
            assert picture.size == (released.width, released.height)
        assert f"images/{rejected.id}.webp" not in zipped.namelist()
        assert f"images/{rejected.id}.webp: it is rejected" in zipped.read("notes.txt").decode()

    def test_has_no_secret_and_nothing_of_others(self, zipped: ZipFile, estate: Estate) -> None:
        there = everything_in(zipped)
        with estate.context.database.read() as session:
            secrets = [
                *session.exec(select(Webhook.secret)),
                *session.exec(select(ApiKey.secret_hash)),
                *session.exec(select(UserSession.id_hash)),
                TOKEN,
            ]
        others = [
            estate.other.email,
            estate.other.name,
            estate.other.id,
            *(image.sha256 for image in estate.images_of(estate.other)),
        ]
        assert [word for word in (*secrets, *others) if word.encode() in there] == []

    def test_does_not_tell_of_a_legal_hold(self, zipped: ZipFile) -> None:
        there = everything_in(zipped)
        assert REASON.encode() not in there
        assert b"legal_hold" not in there
        assert [word for word in CANARIES if word.encode() not in there] == [TOKEN, REASON, INVITED]

    def test_says_who_did_what_without_naming_others(self, zipped: ZipFile) -> None:
        done = {(one["verb"], one["by"]) for one in lines(zipped, "audit")}
        assert ("generation.submit", "you") in done
        assert ("image.hold", "the studio") in done
        assert ("image.reject", "somebody else") in done

    def test_goes_on_from_page_to_page(
        self, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "AT_ONCE", 2)
        estate = Estate(database, tmp_path)
        for _ in range(5):
            with database.write() as session:
                create_api_key(session, estate.actor, ApiKeyCreate(name="k"))
            estate.canceled_generation()
        zipped = opened(estate)
        ids = [one["id"] for one in lines(zipped, "generations")]
        assert (len(ids), len(set(ids))) == (5, 5)
        assert len(lines(zipped, "api_keys")) == 5
        assert len({one["seq"] for one in lines(zipped, "audit")}) == 15

    def test_goes_on_when_a_file_is_gone(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        released, _ = estate.images_of(estate.person)
        estate.context.storage.delete(released.storage_key)
        assert "its file is gone" in opened(estate).read("notes.txt").decode()


class TestStream:
    def test_hands_on_what_it_has_before_it_asks_for_more(self) -> None:
        asked: list[int] = []

        def entries() -> Any:
            for number in range(50):
                asked.append(number)
                yield Entry(f"{number}.bin", [bytes(100_000)], packed=False)

        chunks = archive.stream(entries(), utc_now())
        first = next(chunks)
        assert asked == [0]
        assert len(first) < 150_000
        assert max(len(chunk) for chunk in chunks) < 150_000
        assert len(asked) == 50


class TestOverHttp:
    def test_one_gets_ones_own_and_nobody_elses(self, shared_studio: Studio) -> None:
        dana, eve = (shared_studio.actors.browser("designer") for _ in range(2))
        mine = shared_studio.image(dana, "a dress of dana")
        shared_studio.image(eve, "a dress of eve")
        answer = dana.post("/api/v1/me/export")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        assert f"atelier-{dana.user_id}" in answer.headers["content-disposition"]
        zipped = ZipFile(BytesIO(answer.content))
        there = everything_in(zipped)
        assert b"a dress of dana" in there
        assert b"a dress of eve" not in there
        assert f"images/{mine['id']}.webp" in zipped.namelist()
        assert shared_studio.audited(f"person:{dana.user_id}")[-1].verb == "person.export"

    def test_an_administrator_gets_what_the_person_would(self, shared_studio: Studio) -> None:
        dana, ada = (shared_studio.actors.browser(role) for role in ("designer", "admin"))
        held = shared_studio.image(dana, "a dress with motif")
        answer = ada.post(f"/api/v1/people/{dana.user_id}/export")
        zipped = ZipFile(BytesIO(answer.content))
        assert f"images/{held['id']}.webp" not in zipped.namelist()
        entry = shared_studio.audited(f"person:{dana.user_id}")[-1]
        assert (entry.verb, entry.actor_id) == ("person.export", ada.user_id)
        assert ada.post(f"/api/v1/people/{new_id()}/export").status_code == 404

"""What is not looked at: files that are none, too large, too many at once, too many a minute. And nothing is kept."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from backend.kit.errors import Busy
from backend.kit.settings import Settings
from backend.verify import examining
from backend.verify.router import PAGE
from tests.backend.uploads.corpus import CORPUS, FORM, TAKEN, Hostile, form, jpeg, png
from tests.backend.verify.files import VERIFY, photo, saved
from tests.fixtures.app import QUIET, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference

LIMIT = 3
NAMES = (
    "168 megapixels in a PNG", "one pixel too many", "a PNG that says 2³¹ pixels wide", "a JPEG that says 65,500²",
    "pixels that unpack to a gigabyte", "iTXt that unpacks to a gigabyte", "half a PNG", "half a JPEG", "half a WebP",
    "a moving WebP", "an SVG with a script", "HTML that is named .png", "nothing at all", "a ZIP behind a JPEG",
    "a hundred Exif segments", "a colour profile that lies", "one pixel", "no part", "two files", "larger than allowed",
    "JSON",
)  # fmt: skip
HOSTILE = [one for one in CORPUS if one.name in NAMES]


@pytest.fixture
def limited(tmp_path: Path, sqlite_url: str) -> Any:
    settings = Settings(
        data_dir=tmp_path / "var",
        database_url=sqlite_url,
        rate_verify=LIMIT,
        upload_megabytes=1,
        **QUIET,
    )
    with open_studio(settings, ScriptedInference()) as opened:
        yield opened


def test_the_corpus_has_them_all() -> None:
    assert {one.name for one in HOSTILE} == set(NAMES)


@pytest.mark.security
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_file_is_refused_or_answered(shared_studio: Studio, hostile: Hostile) -> None:
    answer = shared_studio.actors.anonymous().post(
        VERIFY, content=hostile.body(), headers={"content-type": hostile.content_type}
    )
    expected = {200 if status == TAKEN[0] else status for status in hostile.answers}
    assert answer.status_code in expected, answer.text
    if answer.status_code == 200:
        assert answer.json()["verdict"] == "unknown"
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def test_a_refusal_names_the_field_and_what_would_do(shared_studio: Studio) -> None:
    answer = shared_studio.actors.anonymous().post(VERIFY, files={"file": ("a.png", b"GIF89a")})
    assert answer.status_code == 422
    [problem] = answer.json()["fields"]
    assert problem["field"] == "file"
    assert "PNG, JPEG or WebP" in problem["limit"]


class TestRate:
    @pytest.mark.parametrize("path", [VERIFY, PAGE])
    def test_says_the_limit_and_when_to_come_back(self, limited: Studio, path: str) -> None:
        stranger, files = limited.actors.anonymous(), {"file": ("a.png", png())}
        for _ in range(LIMIT):
            assert stranger.post(path, files=files).status_code == 200
        refused = stranger.post(path, files=files)
        assert refused.status_code == 429
        assert f"More than {LIMIT} pictures a minute" in refused.text
        assert 1 <= int(refused.headers["retry-after"]) <= 60 / LIMIT

    def test_page_and_api_and_people_of_one_address_share_it(self, limited: Studio) -> None:
        people, files = limited.actors, {"file": ("a.png", png())}
        clients = people.anonymous(), people.browser("designer"), people.program("admin")
        for client, path in zip(clients, (PAGE, VERIFY, VERIFY), strict=True):
            assert client.post(path, files=files).status_code == 200
        assert people.anonymous().post(VERIFY, files=files).status_code == 429

    def test_is_counted_before_anything_is_read(self, limited: Studio) -> None:
        stranger = limited.actors.anonymous()
        statuses = [stranger.post(VERIFY, json={}).status_code for _ in range(LIMIT + 1)]
        assert statuses == [415] * LIMIT + [429]


def test_the_page_says_in_words_that_a_file_is_too_large(limited: Studio) -> None:
    answer = limited.actors.anonymous().post(PAGE, files={"file": ("a.png", b"\0" * 1_100_000)})
    assert answer.status_code == 413
    assert "It may have 1 MB at most." in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_no_more_wait_than_may() -> None:
    async def ask_of_a_crowd(folder: Path) -> None:
        from backend.provenance.authority import authority_of

        authority = authority_of(Settings(data_dir=folder))
        limiter = examining._examined()
        for holder in range(examining.AT_ONCE):
            limiter.acquire_on_behalf_of_nowait(holder)
        waiting = [
            asyncio.create_task(limiter.acquire_on_behalf_of(("waits", number)))
            for number in range(examining.MOST_WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="wait to be looked at") as refused, _file(folder) as file:
            await examining.examine(file, authority, [])
        assert refused.value.retry_after
        for one in waiting:
            one.cancel()

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(ask_of_a_crowd(Path(folder)))


def test_nothing_of_it_is_kept_or_logged(
    limited: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    places = tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(places))
    stranger = limited.actors.anonymous()
    before = _files_in(tmp_path)
    with caplog.at_level(logging.DEBUG):
        for data in (saved(photo(), "JPEG"), jpeg()[:-100]):
            body = form(data, "canary-of-a-name.jpg")
            stranger.post(VERIFY, content=body, headers={"content-type": FORM})
    assert _files_in(tmp_path) - before == set()
    assert "canary-of-a-name" not in caplog.text


def _files_in(folder: Path) -> set[str]:
    """Return the names of all files but those of the database and of the keys that a first question makes."""
    kept = (one for one in folder.rglob("*") if one.is_file())
    return {
        str(one)
        for one in kept
        if "signing" not in one.parts and one.suffix not in {".key", ".db-wal", ".db-shm"}
    }


def _file(folder: Path) -> Any:
    path = folder / "a.png"
    path.write_bytes(png())
    return path.open("rb")

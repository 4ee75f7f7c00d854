"""What is handed out: a table of all that is found, a zip of what may be shown, and nothing of anybody's that is hidden."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest

from backend.accounts.models import User
from backend.images.schemas import Moderation, Status
from backend.library import export
from tests.backend.library.conftest import API, Library


def table(library: Library, query: str = "", user: User | None = None) -> list[dict[str, str]]:
    answer = library.browser(user or library.dana).get(f"{API}/export.csv", params={"q": query})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.text)))


def zipped(library: Library, user: User | None = None, **asked: Any) -> ZipFile:
    answer = library.browser(user or library.dana).post(f"{API}/export", json=asked)
    assert answer.status_code == 200, answer.text
    return ZipFile(BytesIO(answer.content))


def stored(library: Library, data: bytes = b"a picture") -> str:
    return library.studio.context.storage.put(data, suffix=".webp")


class TestTable:
    def test_tells_all_that_is_found_over_many_pages(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "_ROWS_AT_ONCE", 2)
        made = [library.image(f"a dress, {number}", tags=["linen", "wool"]) for number in range(5)]
        library.image("a coat")
        rows = table(library, "dress")
        assert [row["id"] for row in rows] == made[::-1]
        assert (rows[0]["prompt"], rows[0]["tags"]) == ("a dress, 4", "linen, wool")
        assert table(library, "dress", library.eli) == []

    @pytest.mark.parametrize("prompt", ["=1+1", "@SUM(A1)", "+1", "-1 dress"])
    def test_has_no_formula(self, library: Library, prompt: str) -> None:
        library.image(prompt)
        assert table(library)[0]["prompt"] == f"'{prompt}"


class TestZip:
    def test_has_files_in_folders_by_status_and_a_table(self, library: Library) -> None:
        key = stored(library)
        one = library.image("A Red/../Dress, 5", storage_key=key, status=Status.APPROVED)
        two = library.image("a red dress 5", storage_key=key, status=Status.APPROVED)
        zipped_ = zipped(library, image_ids=[one, two])
        names = ["approved/a-red-dress-5-1.webp", "approved/a-red-dress-5-1-2.webp"]
        assert set(zipped_.namelist()) == {*names, "metadata.csv", "manifest.sha256"}
        assert zipped_.read(names[1]) == b"a picture"
        rows = list(csv.DictReader(StringIO(zipped_.read("metadata.csv").decode())))
        assert [(row["file"], row["id"]) for row in rows] == list(
            zip(names, (one, two), strict=True)
        )

    def test_holds_nothing_that_is_held_or_hidden(self, library: Library) -> None:
        key = stored(library)
        held = library.image(storage_key=key, moderation=Moderation.HELD)
        shown, private = library.image("b", storage_key=key), library.image("c", storage_key=key)
        library.gallery(shown, held)
        for user, asked in (
            (library.dana, {"image_ids": [held, shown]}),
            (library.eli, {"image_ids": [held, shown, private]}),
            (library.eli, {"q": ""}),
        ):
            names = zipped(library, user, **asked).namelist()
            assert [name for name in names if name.endswith(".webp")] == ["draft/b-1.webp"]

    @pytest.mark.parametrize("asked", [{}, {"q": "", "image_ids": ["a"]}, {"q": "nowhere"}])
    def test_is_of_something(self, library: Library, asked: Any) -> None:
        answer = library.browser(library.dana).post(f"{API}/export", json=asked)
        assert answer.status_code == 422

    def test_is_not_larger_than_it_may_be(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            library.image(storage_key=stored(library, bytes([number]) * 9))
        dana = library.browser(library.dana)
        monkeypatch.setattr(export, "MOST_BYTES", 26)
        assert "2 GB" in dana.post(f"{API}/export", json={"q": "dress"}).json()["detail"]
        monkeypatch.setattr(export, "MOST_AT_ONCE", 2)
        assert "narrow" in dana.post(f"{API}/export", json={"q": "dress"}).json()["detail"]

"""Demo data in a served studio: all of the story, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from backend.app import create_app
from backend.demo.story import DANA, GALLERIES, LOOKS, MIRA, SEARCHES
from backend.demo.telling import tell
from backend.demo.visitor import DemoFailed, Visitor
from backend.kit.settings import Settings
from tests.fixtures.app import QUIET, UNLIMITED, serve
from tests.fixtures.scripted import ScriptedInference

IMAGES = sum(look.images + look.vary for look in LOOKS)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    def build(port: int) -> FastAPI:
        settings = Settings(data_dir=tmp_path, port=port, **QUIET, **UNLIMITED)
        return create_app(settings, inference=ScriptedInference())

    with serve(build) as served:
        yield served


class TestTelling:
    def test_furnishes_a_studio_and_adds_nothing_the_second_time(self, url: str) -> None:
        heard: list[tuple[str, int, int]] = []
        tell(url, lambda *said: heard.append(said))
        link = tell(url, lambda *said: heard.append(said))
        assert heard[len(LOOKS) - 1] == ("drawing", len(LOOKS), len(LOOKS))
        with Visitor(url, DANA) as dana:
            found = dana.get("/library", limit=100)["items"]
            assert len(found) == IMAGES
            spring = next(
                one
                for one in dana.get("/galleries")["items"]
                if one["name"] == GALLERIES["spring"].name
            )
            assert spring["approved"] == 4
            assert spring["count"] == sum(one.images for one in LOOKS if one.gallery == "spring")
            searches = dana.get("/library/searches")
            assert {one["name"] for one in searches} == {name for name, _, _ in SEARCHES}
            assert len(dana.get("/library", q="tag:floral is:mine")["items"]) == 3
            (cover,) = dana.get("/library", q="tag:cover")["items"]
            lineage = dana.get(f"/library/{cover['id']}/lineage")
            assert len(lineage["children"]) == 2
            assert [
                one["author"]["name"]
                for one in dana.get(f"/images/{cover['id']}/comments")["items"]
            ] == ["Mira Marketing"]
            assert len(dana.get("/generations", pinned="true")["items"]) == 3
        with Visitor(url, MIRA) as mira:
            assert len(mira.get("/library", q="status:approved", limit=100)["items"]) > 4
        answer = httpx2.get(link)
        assert answer.status_code == 200
        assert GALLERIES["spring"].name in answer.text

    def test_says_why_somebody_cannot_come_in(self, url: str) -> None:
        with pytest.raises(DemoFailed, match="signing in as nobody@example"):
            Visitor(url, "nobody@example.com").__enter__()

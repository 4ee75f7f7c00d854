"""Two API processes' worth of studio on one database: maintenance that one is told, the other honours at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from backend.app import create_app
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.app import QUIET, serve
from tests.fixtures.scripted import ScriptedInference

pytestmark = pytest.mark.serial
PATIENCE_S = 15.0
MAINTENANCE = {"kind": "maintenance", "text": "The GPUs move."}


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def urls(database: Database, tmp_path: Path) -> Iterator[list[str]]:
    def build(port: int) -> FastAPI:
        settings = Settings(
            data_dir=tmp_path / str(port), port=port, database_url=database.url, **QUIET
        )
        return create_app(settings, inference=ScriptedInference())

    with ExitStack() as servers:
        yield [servers.enter_context(serve(build)) for _ in range(2)]


def program(opened: ExitStack, database: Database, url: str, role: str) -> httpx2.Client:
    key = {"authorization": f"Bearer {add_key(database, add_user(database, role))}"}
    return opened.enter_context(httpx2.Client(base_url=url, headers=key, timeout=PATIENCE_S))


def test_what_one_is_told_the_other_refuses_at_once(
    database: Database, urls: list[str], opened: ExitStack
) -> None:
    ada = program(opened, database, urls[0], "admin")
    danas = [program(opened, database, url, "designer") for url in urls]

    def submit(number: int) -> tuple[int, str]:
        answer = danas[number % 2].post("/api/v1/generations", json={"prompt": f"hat {number}"})
        return answer.status_code, answer.json().get("code", "")

    ada.post("/api/v1/queue/drain").raise_for_status()
    for _ in range(3):
        assert submit(0) == submit(1) == (202, "")
        ada.put("/api/v1/notice", json=MAINTENANCE).raise_for_status()
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(submit, range(8))) == {(503, "maintenance")}
        assert danas[1].get("/api/v1/notice").json()["in_force"] is True
        ada.delete("/api/v1/notice").raise_for_status()


def test_open_streams_hear_of_it(
    postgres_database: Database, tmp_path: Path, opened: ExitStack
) -> None:
    def build(port: int) -> FastAPI:
        settings = Settings(
            data_dir=tmp_path / str(port), port=port, database_url=postgres_database.url, **QUIET
        )
        return create_app(settings, inference=ScriptedInference())

    servers = [opened.enter_context(serve(build)) for _ in range(2)]
    ada = program(opened, postgres_database, servers[0], "admin")
    for url in servers:
        dana = program(opened, postgres_database, url, "designer")
        stream = opened.enter_context(dana.stream("GET", "/api/v1/events"))
        events = iter(httpx2.EventSource(stream))
        assert next(events).event == "snapshot"
        ada.put("/api/v1/notice", json=MAINTENANCE).raise_for_status()
        assert next(one for one in events if one.event != "wait").event == "notice"
        ada.delete("/api/v1/notice").raise_for_status()
        assert next(events).event == "notice"

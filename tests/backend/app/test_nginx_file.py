"""The nginx file that we tell people to use: it agrees with the studio, and a real nginx does what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from backend.kit.bodies import largest_form
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.faults.studio import Part, Studio, running_studio
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.nginx import CONF, Nginx, running_nginx

TEXT = CONF.read_text()
OPENAPI = json.loads((CONF.parents[2] / "openapi.json").read_text())["paths"]
OF_STREAMS, OF_KEYS = "proxy_buffering off", "return 418"


def place_with(words: str) -> re.Pattern[str]:
    """Return the pattern of the one location whose block has `words`."""
    blocks = re.findall(r"location ~ (\S+) \{(.*?)\n    \}", TEXT, re.DOTALL)
    [pattern] = [pattern for pattern, block in blocks if words in block]
    return re.compile(pattern)


def paths_where(holds: Any) -> set[str]:
    return {
        path
        for path, verbs in OPENAPI.items()
        for verb in verbs.values()
        if holds(json.dumps(verb))
    }


@pytest.mark.parametrize(
    ("words", "mark"), [(OF_STREAMS, "text/event-stream"), (OF_KEYS, '"idempotency-key"')]
)
def test_every_route_of_a_kind_is_in_its_place(words: str, mark: str) -> None:
    wanted = paths_where(lambda verb: mark in verb)
    assert wanted
    found = {path for path in OPENAPI if place_with(words).fullmatch(re.sub(r"\{\w+\}", "x", path))}
    assert found == wanted


def test_what_may_be_sent_is_what_the_studio_takes() -> None:
    assert f"client_max_body_size  {largest_form(Settings.model_construct())};" in TEXT


def test_no_answer_of_the_studio_is_asked_for_twice() -> None:
    said = re.findall(r"proxy_next_upstream +(.*);", TEXT)
    assert said == ["error timeout", "error timeout non_idempotent"]


@pytest.fixture(scope="module")
def studio(folder: Path) -> Iterator[Studio]:
    settings = {"dispatch_concurrency": 1, "trusted_proxies": "127.0.0.1"}
    url = f"sqlite:///{folder}/atelier.db"
    with running_studio(Part(url, str(folder), settings)) as studio:
        yield studio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("behind")


@pytest.fixture(scope="module")
def nginx(studio: Studio, folder: Path) -> Iterator[Nginx]:
    with running_nginx(folder / "nginx", [urlsplit(studio.url).port or 0]) as nginx:
        yield nginx


@pytest.fixture(scope="module")
def client(nginx: Nginx, folder: Path) -> Iterator[httpx2.Client]:
    database = Database(f"sqlite:///{folder}/atelier.db")
    headers = {"Authorization": f"Bearer {add_key(database, add_user(database))}"}
    with httpx2.Client(base_url=nginx.url, headers=headers, verify=nginx.trust, trust_env=False, timeout=30) as client:  # fmt: skip
        yield client
    database.dispose()


def test_without_tls_one_is_sent_to_the_other(nginx: Nginx) -> None:
    answer = httpx2.get(f"{nginx.plain_url}/history?q=x", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (
        301,
        "https://127.0.0.1/history?q=x",
    )
    assert "nginx/" not in answer.headers["server"]


def test_an_id_of_nginx_is_that_of_the_request(client: httpx2.Client) -> None:
    answer = client.get("/api/v1/me", headers={"X-Request-ID": "forged"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_numbers_are_not_for_everybody(client: httpx2.Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_an_upload_of_the_largest_size_passes_and_a_larger_one_does_not(
    client: httpx2.Client,
) -> None:
    most = int(Settings.model_construct().upload_megabytes * 1e6)
    kept = client.post("/api/v1/uploads", files={"file": ("a.png", b"x" * most)})
    assert (kept.status_code, kept.json()["code"]) != (413, "too_large")  # no picture, but read
    sent = client.post("/api/v1/uploads", files={"file": ("a.png", b"x" * (most + 100_000))})
    assert sent.status_code == 413


def test_events_arrive_as_they_happen(client: httpx2.Client) -> None:
    with client.stream("GET", "/api/v1/events") as stream:
        events = iter(httpx2.EventSource(stream))
        assert next(events).event == "snapshot"
        asked = client.post("/api/v1/generations", json={"prompt": "a red dress"}, headers={"Idempotency-Key": "one"})  # fmt: skip
        assert asked.status_code == 202
        states = [json.loads(event.data).get("state") for event in _until_it_ends(events)]
    assert states[-1] == "succeeded"
    again = client.post("/api/v1/generations", json={"prompt": "a red dress"}, headers={"Idempotency-Key": "one"})  # fmt: skip
    assert (again.status_code, again.json()["id"]) == (200, asked.json()["id"])


def _until_it_ends(events: Iterator[Any]) -> Iterator[Any]:
    for event in events:
        yield event
        if event.event == "generation" and '"succeeded"' in event.data:
            return

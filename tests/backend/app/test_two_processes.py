"""One process draws and another serves the pages, on one PostgreSQL: nobody can tell them from one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backend.kit.database import Database
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.telling import Tell

ROOT = Path(__file__).parents[3]
AT_ONCE_S = 2.0


@pytest.fixture
def key(postgres_database: Database) -> str:
    return add_key(postgres_database, add_user(postgres_database))


@contextmanager
def serving(url: str, folder: Path, concurrency: int) -> Iterator[str]:
    """Run a backend in its own process; yields its address."""
    command = [sys.executable, "-m", "tests.backend.app.serving"]
    with subprocess.Popen(
        [*command, url, str(folder), str(concurrency)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            address = address_of(process)
            # Whatever it still logs is read: who writes into a pipe that is full waits for ever.
            reader = threading.Thread(target=process.communicate, daemon=True)
            reader.start()
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    log = []
    for line in process.stderr:
        log.append(line)
        if "running on" in line:
            return line.partition("running on ")[2].split()[0]
    raise AssertionError("".join(log))


class Follower:
    """A tab: one stream of everything its owner has."""

    def __init__(self, client: httpx2.Client, opened: ExitStack) -> None:
        stream = opened.enter_context(client.stream("GET", "/api/v1/events"))
        self._events = iter(httpx2.EventSource(stream))
        self.snapshot = self.next("snapshot")

    def next(self, name: str, *, state: str = "") -> Any:
        """Return the data of the next event of that name (and state)."""
        for event in self._events:
            data = json.loads(event.data)
            if event.event == name and state in {"", data.get("state")}:
                return data
        raise AssertionError(f"the stream ended without {name} {state}")


@pytest.mark.serial
def test_what_one_process_draws_another_shows_and_stops(
    postgres_url: str, key: str, tmp_path: Path, tell: Tell
) -> None:
    with ExitStack() as opened:
        pages = opened.enter_context(serving(postgres_url, tmp_path, 0))
        headers = {"authorization": f"Bearer {key}"}
        client = opened.enter_context(httpx2.Client(base_url=pages, headers=headers, timeout=30))
        tab = Follower(client, opened)

        # Nobody draws yet: it waits, and is drawn once somebody does.
        first = submit(client)
        assert tab.next("generation")["state"] == "queued"
        with serving(postgres_url, tmp_path, 2):
            tab.next("generation", state="running")
            assert tab.next("progress")["generation_id"] == first
            assert tab.next("preview")["webp_base64"]
            done = tab.next("generation", state="succeeded")
            image = client.get(f"/api/v1/images/{done['images'][0]['id']}/content")
            assert image.headers["content-type"] == "image/webp"

            # Whoever draws has heard of the second one; it looks by itself every ten minutes.
            began = time.monotonic()
            second = submit(client, num_inference_steps=100)
            tab.next("generation", state="running")
            claimed = time.monotonic() - began
            preview = tab.next("preview")
            newcomer = Follower(client, opened)
            assert newcomer.snapshot["previews"][second]["webp_base64"] == preview["webp_base64"]

            began = time.monotonic()
            client.post(f"/api/v1/generations/{second}/cancel").raise_for_status()
            tab.next("generation", state="canceled")
            canceled = time.monotonic() - began

        # The one that draws has stopped; the tabs of the other stay open.
        submit(client)
        tab.next("generation", state="queued")
    tell({"claimed_s": claimed, "canceled_s": canceled})
    assert claimed < AT_ONCE_S
    assert canceled < AT_ONCE_S


@pytest.mark.serial
def test_they_find_each_other_again_after_their_database_died(
    postgres_url: str, key: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    with ExitStack() as opened:
        pages = opened.enter_context(serving(postgres_url, tmp_path, 0))
        opened.enter_context(serving(postgres_url, tmp_path, 2))
        headers = {"authorization": f"Bearer {key}"}
        client = opened.enter_context(httpx2.Client(base_url=pages, headers=headers, timeout=30))
        tab = Follower(client, opened)
        submit(client)
        tab.next("generation", state="succeeded")
        postgres_server.kill()
        postgres_server.start()
        # Long enough to be found running, and to be asked about, by whoever comes back late.
        second = submit(client, num_inference_steps=100)
        assert tab.next("preview")["generation_id"] == second
        client.post(f"/api/v1/generations/{second}/cancel").raise_for_status()
        assert tab.next("generation", state="canceled")["id"] == second


def submit(client: httpx2.Client, **asked: Any) -> str:
    body = {"prompt": "a red dress", "seed": 7, **asked}
    answer = client.post("/api/v1/generations", json=body, params={"fresh": True})
    answer.raise_for_status()
    return str(answer.json()["id"])

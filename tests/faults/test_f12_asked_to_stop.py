"""F12: a process asked to stop in the middle says so, gives back what it draws, and is gone in time."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from backend.kit.database import Database
from tests.faults.dispatchers import holders, ledger_of, until, wait_for_every_end
from tests.faults.studio import Part, Studio, running_studio, running_studios, submit
from tests.fixtures.machine import in_company
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

NOT_READY_WITHIN_S, ELSEWHERE_WITHIN_S, GONE_WITHIN_S = 1.0, 2.0, 14.0
DRAWS_FOR_S = 30.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


@contextmanager
def a_sender_that_stalls(url: str) -> Iterator[None]:
    """Keep a connection open on which the rest of a request never comes."""
    at = urlsplit(url)
    with socket.create_connection((str(at.hostname), at.port or 80)) as sender:
        sender.sendall(
            b"POST /api/v1/generations HTTP/1.1\r\nHost: here\r\n"
            b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        yield


def stop(studio: Studio) -> float:
    """Ask it to stop; return how many seconds later it said that it was not ready."""
    since = time.monotonic()
    studio.send(signal.SIGTERM)
    while True:
        answer = httpx2.get(f"{studio.url}/readyz", trust_env=False, timeout=5)
        if answer.status_code == 503:
            assert answer.json()["checks"] == {"process": "stopping"}
            return round(time.monotonic() - since, 2)


def test_what_it_draws_is_drawn_elsewhere(
    database: Database, key: str, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    settings = {"dispatch_concurrency": 2}
    slow = Part(str(database.url), str(tmp_path), settings, step_s=DRAWS_FOR_S / 20)
    quick = Part(str(database.url), str(tmp_path), settings)
    with running_studio(slow) as first, first.client(key) as client:
        accepted = {submit(client, num_inference_steps=20) for _ in range(2)}
        until(lambda: holders(workshop) == [first.pid] * 2)
        with running_studio(quick), a_sender_that_stalls(first.url):
            since = time.monotonic()
            told = {"not_ready_s": stop(first)}
            rows = wait_for_every_end(workshop, DRAWS_FOR_S / 2)
            told["elsewhere_s"] = round(time.monotonic() - since, 2)
            code = first.process.wait(30)
            told["gone_s"] = round(time.monotonic() - since, 2)
    ledger = ledger_of(workshop, accepted, 1)
    tell({"fault": "F12", **ledger, **told})
    assert told["not_ready_s"] <= in_company(NOT_READY_WITHIN_S)
    assert told["elsewhere_s"] <= in_company(ELSEWHERE_WITHIN_S)
    assert told["gone_s"] <= GONE_WITHIN_S
    assert code == -signal.SIGTERM
    assert (ledger["succeeded"], ledger["images"]) == (2, 2)
    assert (ledger["lost"], ledger["duplicates"]) == (0, 0)
    assert [(row.attempt, row.fence) for row in rows] == [(1, 2)] * 2


def test_one_that_only_serves_takes_nothing_with_it(
    database: Database, key: str, tmp_path: Path, tell: Tell
) -> None:
    workshop = Workshop(database, tmp_path)
    serves = Part(str(database.url), str(tmp_path), {"dispatch_concurrency": 0})
    draws = Part(str(database.url), str(tmp_path), {"dispatch_concurrency": 2}, step_s=0.5)
    with running_studios(serves, draws) as [pages, drawing], pages.client(key) as client:
        accepted = {submit(client) for _ in range(2)}
        until(lambda: holders(workshop) == [drawing.pid] * 2)
        with client.stream("GET", "/api/v1/events") as stream:
            events = httpx2.EventSource(stream)
            since = time.monotonic()
            told = {"not_ready_s": stop(pages)}
            heard = sum(1 for _ in events)
        code = pages.process.wait(30)
        told["gone_s"] = round(time.monotonic() - since, 2)
        rows = wait_for_every_end(workshop, 20)
    ledger = ledger_of(workshop, accepted, 1)
    tell({"fault": "F12", "serves_only": True, **ledger, **told})
    assert heard >= 1
    assert told["not_ready_s"] <= in_company(NOT_READY_WITHIN_S)
    assert told["gone_s"] <= GONE_WITHIN_S
    assert code == -signal.SIGTERM
    assert (ledger["succeeded"], ledger["images"]) == (2, 2)
    assert [(row.attempt, row.fence) for row in rows] == [(1, 1)] * 2

"""F5: PostgreSQL killed -9 again and again for a minute, under an API and dispatchers at work."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from backend.kit.database import Database
from backend.kit.ids import new_id
from tests.faults.api import Api, running_api
from tests.faults.dispatchers import Dispatchers, ledger_of, wait_for_every_end
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

FOR_S, BETWEEN_S, DOWN_S = 60.0, (5.0, 15.0), (0.0, 2.0)
PEOPLE, DISPATCHERS = 4, 2
LEASE_S = 30.0
HEALTHY_WITHIN_S = 10.0
IMPATIENT_S = 0.2
ENDED_WITHIN_S = 60.0
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


class Witness:
    """What everybody saw, and when."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.impolite: list[str] = []
        self.accepted: set[str] = set()
        self.accepted_at: list[float] = []
        self.ready: list[tuple[float, int]] = []
        self.healthy: Counter[int] = Counter()
        self.over = threading.Event()
        self._turn = threading.Lock()

    def saw(self, answer: httpx2.Response) -> httpx2.Response:
        """Note an answer; a refusal has to be a 503 that says when to come back."""
        polite = answer.is_success or (
            answer.status_code == 503
            and answer.headers["content-type"] == "application/problem+json"
            and int(answer.headers.get("retry-after", "0")) >= 1
        )
        with self._turn:
            self.answers[answer.status_code] += 1
            if not polite:
                self.impolite.append(f"{answer.request.method} {answer.url}: {answer.text[:200]}")
        return answer

    def saw_accepted(self, generation_id: str) -> None:
        with self._turn:
            self.accepted.add(generation_id)
            self.accepted_at.append(time.monotonic())


def submit_and_wait(api: Api, key: str, witness: Witness) -> None:
    """Ask for one generation after another and wait for each, as often as it takes."""
    with api.client(key) as client:
        while not witness.over.is_set():
            repeated = {"Idempotency-Key": new_id()}
            body = {"prompt": "a red dress"}
            while not (
                answer := witness.saw(
                    client.post("/api/v1/generations", json=body, headers=repeated)
                )
            ).is_success:
                time.sleep(IMPATIENT_S)
            witness.saw_accepted(answer.json()["id"])
            _wait_for_the_end(client, answer.json()["id"], witness)


def _wait_for_the_end(client: httpx2.Client, generation_id: str, witness: Witness) -> None:
    while True:
        answer = witness.saw(client.get(f"/api/v1/generations/{generation_id}"))
        if answer.is_success and answer.json()["state"] in {"succeeded", "failed", "canceled"}:
            return
        time.sleep(IMPATIENT_S)


def probe(api: Api, witness: Witness) -> None:
    """Ask again and again whether it is alive and ready."""
    with httpx2.Client(base_url=api.url, timeout=30, trust_env=False) as client:
        while not witness.over.is_set():
            witness.healthy[client.get("/healthz").status_code] += 1
            status = client.get("/readyz").status_code
            witness.ready.append((time.monotonic(), status))
            time.sleep(0.1)


def kill_again_and_again(server: PostgresServer, seed: int) -> list[tuple[float, float]]:
    """Kill the postmaster for a minute; return when it was killed and when it was back, each time."""
    chance = random.Random(seed)
    until = time.monotonic() + FOR_S
    outages = []
    time.sleep(chance.uniform(*BETWEEN_S) / 2)
    while time.monotonic() < until:
        server.kill()
        killed = time.monotonic()
        time.sleep(chance.uniform(*DOWN_S))
        server.start()
        outages.append((killed, time.monotonic()))
        time.sleep(chance.uniform(*BETWEEN_S))
    return outages


@contextmanager
def working(api: Api, keys: list[str], witness: Witness) -> Iterator[None]:
    """People who submit, and a probe, for as long as the block lasts; what failed them is raised."""
    with ThreadPoolExecutor(len(keys) + 1) as pool:
        tasks = [pool.submit(submit_and_wait, api, key, witness) for key in keys]
        tasks.append(pool.submit(probe, api, witness))
        try:
            yield
        finally:
            witness.over.set()
    for task in tasks:
        task.result()


def test_nothing_is_lost_while_postgresql_is_killed_for_a_minute(
    postgres_database: Database,
    postgres_server: PostgresServer,
    tmp_path: Path,
    tell: Tell,
) -> None:
    workshop, witness = Workshop(postgres_database, tmp_path), Witness()
    keys = [add_key(postgres_database, add_user(postgres_database)) for _ in range(PEOPLE)]
    dispatchers = Dispatchers(workshop, tmp_path, lease_s=LEASE_S)
    pids = [dispatchers.start() for _ in range(DISPATCHERS)]
    try:
        with running_api(postgres_database.url, tmp_path) as api:
            api.wait_until_up()
            with working(api, keys, witness):
                outages = kill_again_and_again(postgres_server, seed=5)
            wait_for_every_end(workshop, ENDED_WITHIN_S)
            alive = [api.is_alive, *(dispatchers.is_alive(pid) for pid in pids)]
    finally:
        dispatchers.kill_all()
    back = [at for _, at in outages]
    told = {
        "fault": "F5",
        **ledger_of(workshop, witness.accepted, 1),
        "kills": len(outages),
        "away_s": [round(back - killed, 1) for killed, back in outages],
        "ready_after_s": _after(back, [at for at, status in witness.ready if status == 200]),
        "accepted_after_s": _after(back, witness.accepted_at),
        "answers": dict(witness.answers),
        "not_ready": sum(status == 503 for _, status in witness.ready),
        "exited": alive.count(False),
    }
    tell(told)
    assert witness.impolite == []
    assert witness.answers[503] > 0
    assert set(witness.healthy) == {200}
    assert told["not_ready"] > 0
    assert told["succeeded"] == told["ended"] == told["images"] == told["accepted"]
    assert told["lost"] == told["duplicates"] == told["missing_files"] == told["exited"] == 0
    assert max(told["ready_after_s"] + told["accepted_after_s"]) <= HEALTHY_WITHIN_S


def _after(back: list[float], good: list[float]) -> list[float]:
    """For each return, in how many seconds the first good thing happened after it."""
    return [round(min(at for at in good if at >= moment) - moment, 2) for moment in back]

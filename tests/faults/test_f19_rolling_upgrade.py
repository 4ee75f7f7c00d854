"""F19: the whole backend is replaced by its next version under load, process by process, on a schema that changes.

First the schema grows, while the old version works on it. Then a new process comes for each old one. What only the
old ones used is taken away when they have gone, and not before. Nobody sees an error, and nothing is lost.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import ExitStack
from itertools import count, takewhile
from pathlib import Path
from threading import Event

import httpx2
import pytest
from sqlalchemy import text

from backend import migrations
from backend.kit.database import Database
from inference.hosting import free_port
from tests.faults.dispatchers import ledger_of, until, wait_for_every_end
from tests.faults.load import Load, under_load
from tests.faults.next_version import LAST, NEW_MOOD, OLD_MOOD
from tests.faults.next_version.migrating import migrate
from tests.faults.studio import Part, Studio, running_studio
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.nginx import running_nginx
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

PACE_S = 0.4
MORE = 20
SETTINGS = {"lease_seconds": 5.0, "max_outstanding": 10_000, "max_queued": 10_000}
pytestmark = [pytest.mark.faults, pytest.mark.serial, pytest.mark.timeout(240)]


class Backend:
    """Processes of two versions on one database."""

    def __init__(self, database: Database, folder: Path, opened: ExitStack) -> None:
        self._url, self._folder, self._opened = str(database.url), str(folder), opened
        self.ports = [free_port() for _ in range(3)]

    def start(self, *, draws: int, port: int = 0, newer: bool = False) -> Studio:
        """Start one, and return once it is ready."""
        settings = {**SETTINGS, "dispatch_concurrency": draws}
        part = Part(self._url, self._folder, settings, step_s=0.02, port=port, newer=newer)
        studio = self._opened.enter_context(running_studio(part))
        until(lambda: httpx2.get(f"{studio.url}/readyz", trust_env=False).status_code == 200)
        return studio


def stop(studio: Studio) -> None:
    studio.send(signal.SIGTERM)
    assert studio.process.wait(30) == -signal.SIGTERM


def replace(backend: Backend, serving: list[Studio], drawing: list[Studio]) -> None:
    """Put a new process beside each old one and stop that; the first goes to the empty place in nginx."""
    places = [backend.ports[2], *backend.ports]
    for old, place in zip(serving, places, strict=False):
        backend.start(draws=0, port=place, newer=True)
        stop(old)
    for old in drawing:
        backend.start(draws=4, newer=True)
        stop(old)


def moods_of(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.execute(text("SELECT mood FROM generation")).scalars())


def test_a_new_version_takes_over(postgres_database: Database, tmp_path: Path, tell: Tell) -> None:
    database, done = postgres_database, Event()
    key = add_key(database, add_user(database))
    workshop = Workshop(database, tmp_path)
    keys = (f"number {number}" for number in takewhile(lambda _: not done.is_set(), count()))
    with ExitStack() as opened:
        backend = Backend(database, tmp_path, opened)
        serving = [backend.start(draws=0, port=port) for port in backend.ports[:2]]
        drawing = [backend.start(draws=4) for _ in range(2)]
        nginx = opened.enter_context(running_nginx(tmp_path / "nginx", backend.ports))
        load = Load(nginx, key)
        with under_load(load, keys, PACE_S):
            try:
                until(lambda: len(load.accepted) >= MORE)
                began = time.monotonic()
                waited = migrate(str(database.url))
                replace(backend, serving, drawing)
                left = migrate(str(database.url))
                took = time.monotonic() - began
                before = len(load.accepted)
                until(lambda: len(load.accepted) >= before + MORE)
            finally:
                done.set()
        wait_for_every_end(workshop, 90)
        lines = nginx.lines()
    moods = moods_of(database)
    ledger = ledger_of(workshop, set(load.accepted.values()), 1)
    statuses = Counter(line.status // 100 for line in lines)
    told = {
        "requests": len(load.sent),
        "client_errors": Counter(one.status for one in load.refused),
        "answers_by_hundreds": statuses,
        "passed_on_by_nginx": sum(len(line.by) > 1 for line in lines),
        "moods": moods,
        "upgrade_s": round(took, 1),
    }
    tell({"fault": "F19", **ledger, **told})
    assert (waited, left) == ([LAST], [])
    assert load.refused == []
    assert statuses[5] == 0
    assert ledger["succeeded"] == len(load.accepted)
    assert (ledger["lost"], ledger["duplicates"], ledger["missing_files"]) == (0, 0, 0)
    assert moods[OLD_MOOD] >= MORE
    assert moods[NEW_MOOD] >= MORE
    with pytest.raises(migrations.Refused, match="start the newer version"):
        migrations.upgrade(str(database.url))

"""Dispatchers killed -9 in the middle of their work lose nothing and double nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures.workshop import Workshop

GENERATIONS, IMAGES_EACH, KILLS, DISPATCHERS = 6, 2, 3, 2
WITHIN_S = 120.0
ROOT = Path(__file__).parents[3]


class Processes:
    """Processes of a module of ours, started here, and ended here by their ids."""

    def __init__(self, module: str, url: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", module, url, str(folder)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        process = subprocess.Popen(self._command, cwd=ROOT)
        self._processes[process.pid] = process

    def kill(self, pid: int) -> None:
        process = self._processes.pop(pid)
        os.kill(pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL

    def kill_all(self) -> None:
        for pid in list(self._processes):
            self.kill(pid)


def rows_of(workshop: Workshop) -> list[Generation]:
    with workshop.context.database.read() as session:
        return list(session.exec(select(Generation)))


def busy_one(workshop: Workshop) -> int:
    """Wait until a dispatcher holds a lease; return its process id."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        held = [row for row in rows_of(workshop) if row.state is State.RUNNING]
        # A lease that has run out may still name a process killed before.
        fresh = [row for row in held if row.lease_owner and (row.lease_until or 0) > time.time()]
        if fresh:
            return int(str(fresh[0].lease_owner).split(":")[1])
        time.sleep(0.02)
    raise AssertionError("nobody claimed anything")


def wait_for_every_end(workshop: Workshop) -> list[Generation]:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        rows = rows_of(workshop)
        if all(row.state.ended for row in rows):
            return rows
        time.sleep(0.1)
    raise AssertionError(f"left behind: {Counter(row.state for row in rows_of(workshop))}")


@pytest.mark.serial
def test_killed_dispatchers_lose_no_image_and_double_none(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop = Workshop(database, tmp_path, max_attempts=20)
    accepted = {
        workshop.submit(num_images=IMAGES_EACH, seed=number).id for number in range(GENERATIONS)
    }
    url = str(workshop.context.database.url)
    dispatchers = Processes("tests.backend.dispatch.dispatching", url, tmp_path)
    killed: set[int] = set()
    try:
        for _ in range(DISPATCHERS):
            dispatchers.start()
        while len(killed) < KILLS:
            pid = busy_one(workshop)
            if pid not in killed:
                dispatchers.kill(pid)
                killed.add(pid)
                dispatchers.start()
        rows = wait_for_every_end(workshop)
    finally:
        dispatchers.kill_all()
    with workshop.context.database.read() as session:
        images = list(session.exec(select(Image)))
    ledger: dict[str, Any] = {
        "database": workshop.context.database.engine.dialect.name,
        "kills": len(killed),
        "accepted": len(accepted),
        "succeeded": sum(row.state is State.SUCCEEDED for row in rows),
        "interrupted": sum(row.attempt > 1 for row in rows),
        "images": len(images),
        "lost": sum(not is_whole(workshop, image) for image in images),
    }
    with capsys.disabled():
        print(f"\n{json.dumps(ledger)}")  # noqa: T201
    assert {row.id for row in rows} == accepted
    assert ledger["succeeded"] == GENERATIONS
    assert ledger["interrupted"] >= 1
    assert Counter(image.generation_id for image in images) == dict.fromkeys(accepted, IMAGES_EACH)
    assert ledger["lost"] == 0


def is_whole(workshop: Workshop, image: Image) -> bool:
    storage = workshop.context.storage
    kept = all(storage.exists(key) for key in (image.preview_key, image.thumb_key))
    return kept and sha256(storage.get(image.storage_key)).hexdigest() == image.sha256

"""Dispatchers as processes to be killed, stopped and started, and what is left in the database of their work."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlmodel import select

from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.queue import State
from tests.backend.dispatch.dispatching import LEASE_S
from tests.faults.processes import Processes
from tests.fixtures.workshop import Workshop


class Dispatchers(Processes):
    """Dispatchers of a workshop's database that draw slowly."""

    def __init__(self, workshop: Workshop, folder: Path, *, lease_s: float = LEASE_S) -> None:
        url = str(workshop.context.database.url)
        super().__init__("tests.backend.dispatch.dispatching", url, folder, str(lease_s))


def rows_of(workshop: Workshop) -> list[Generation]:
    with workshop.context.database.read() as session:
        return list(session.exec(select(Generation)))


def busy_ones(workshop: Workshop) -> list[int]:
    """The process ids of the dispatchers that hold a lease that has not run out."""
    held = [row for row in rows_of(workshop) if row.state is State.RUNNING]
    # A lease that has run out may still name a process killed before.
    fresh = [row for row in held if row.lease_owner and (row.lease_until or 0) > time.time()]
    return sorted({int(str(row.lease_owner).split(":")[1]) for row in fresh})


def wait_for_every_end(workshop: Workshop, within_s: float) -> list[Generation]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        rows = rows_of(workshop)
        if all(row.state.ended for row in rows):
            return rows
        time.sleep(0.1)
    raise AssertionError(f"left behind: {Counter(row.state for row in rows_of(workshop))}")


def ledger_of(workshop: Workshop, accepted: set[str], images_each: int) -> dict[str, Any]:
    """What became of `accepted`, counted in the database and in the files."""
    rows = rows_of(workshop)
    with workshop.context.database.read() as session:
        images = list(session.exec(select(Image)))
    each = Counter(image.generation_id for image in images)
    return {
        "database": workshop.context.database.engine.dialect.name,
        "accepted": len(accepted),
        "ended": sum(row.state.ended for row in rows),
        "succeeded": sum(row.state is State.SUCCEEDED for row in rows),
        "interrupted": sum(row.attempt > 1 for row in rows),
        "images": len(images),
        "lost": len(accepted - {row.id for row in rows})
        + sum(each[row.id] < images_each for row in rows if row.state is State.SUCCEEDED),
        "duplicates": sum(number > images_each for number in each.values()),
        "missing_files": sum(not _is_whole(workshop, image) for image in images),
    }


def _is_whole(workshop: Workshop, image: Image) -> bool:
    storage = workshop.context.storage
    kept = all(storage.exists(key) for key in (image.preview_key, image.thumb_key))
    return kept and sha256(storage.get(image.storage_key)).hexdigest() == image.sha256


def holders(workshop: Workshop) -> list[int]:
    """The process ids of whoever holds each running generation, in the order of their claims."""
    running = [row for row in rows_of(workshop) if row.state is State.RUNNING and row.lease_owner]
    running.sort(key=lambda row: (row.started_at, row.id))
    return [int(str(row.lease_owner).split(":")[1]) for row in running]


def until(happened: Callable[[], bool], within_s: float = 30.0) -> float:
    """Wait for what other processes do; return for how many seconds."""
    since = time.monotonic()
    while not happened():
        assert time.monotonic() - since < within_s, "it did not happen"
        time.sleep(0.05)
    return time.monotonic() - since

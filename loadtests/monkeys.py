"""Kill what works, at random moments, and start it again; for the soak."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.faults.studio import Part, Studio, running_studio
from tests.fixtures.postgres import PostgresServer

PAINTERS: Final = 3
EACH: Final = 2
STEP_S: Final = 0.25
LEASE_S: Final = 5.0
BETWEEN_PAINTERS_S: Final = (10.0, 30.0)
BETWEEN_DATABASES_S: Final = (30.0, 90.0)
AWAY_S: Final = (0.0, 2.0)


class Painters:
    """The processes that draw, four steps of a quarter of a second each."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._running: dict[int, tuple[Studio, ExitStack]] = {}

    @classmethod
    @contextmanager
    def running(cls, url: str, folder: Path) -> Iterator[Painters]:
        """Run all of them for as long as the block lasts."""
        settings = {"dispatch_concurrency": EACH, "lease_seconds": LEASE_S}
        painters = cls(Part(url, str(folder), settings, step_s=STEP_S, quiet=True))
        try:
            for _ in range(PAINTERS):
                painters.start()
            yield painters
        finally:
            for _, opened in painters._running.values():
                opened.close()

    def start(self) -> None:
        """Start one more and wait until it is up; it ends by itself while its database is away."""
        while True:
            with suppress(ProcessLookupError), ExitStack() as opened:
                studio = opened.enter_context(running_studio(self._part))
                self._running[studio.pid] = (studio, opened.pop_all())
                return

    def replace(self, chance: random.Random) -> None:
        """Kill one of them and start another in its place."""
        studio, opened = self._running.pop(chance.choice(list(self._running)))
        studio.kill()
        opened.close()
        self.start()


class Monkeys:
    """One for the painters, and one for PostgreSQL if it is there."""

    def __init__(self, painters: Painters, server: PostgresServer | None) -> None:
        self.kills = {"painters_killed": 0, "databases_killed": 0}
        self._painters = painters
        self._server = server
        self._chance = random.Random(18)  # noqa: S311 - which is killed is no secret
        self._over = threading.Event()

    @contextmanager
    def loose(self) -> Iterator[Monkeys]:
        """Let them loose for as long as the block lasts; afterwards everything is up again."""
        deeds = [threading.Thread(target=self._again_and_again, args=self._painters_deed())]
        if self._server:
            deeds.append(threading.Thread(target=self._again_and_again, args=self._database_deed()))
        for deed in deeds:
            deed.start()
        try:
            yield self
        finally:
            self._over.set()
            for deed in deeds:
                deed.join()

    def _painters_deed(self) -> tuple[Callable[[], None], tuple[float, float]]:
        def replace() -> None:
            self._painters.replace(self._chance)
            self.kills["painters_killed"] += 1

        return replace, BETWEEN_PAINTERS_S

    def _database_deed(self) -> tuple[Callable[[], None], tuple[float, float]]:
        server = self._server
        assert server is not None  # noqa: S101 - only called where there is one

        def kill() -> None:
            server.kill()
            self._over.wait(self._chance.uniform(*AWAY_S))
            server.start()
            self.kills["databases_killed"] += 1

        return kill, BETWEEN_DATABASES_S

    def _again_and_again(self, deed: Callable[[], None], between: tuple[float, float]) -> None:
        while not self._over.wait(self._chance.uniform(*between)):
            deed()

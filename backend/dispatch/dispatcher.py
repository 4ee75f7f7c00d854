"""Claims queued generations, as many as there is room for, and runs each one to its end.

Any number of dispatchers may work on one database. One hears of work through the notifier; looking
every half second is the fallback that is always on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from prometheus_client import Histogram
from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.service import Catalog
from backend.dispatch import (
    ageing,
    cooling,
    erasing,
    forgetting,
    halting,
    lifeline,
    retention,
    stepping,
)
from backend.dispatch.execution import Execution
from backend.dispatch.following import following
from backend.dispatch.holding import owner_name, rest
from backend.dispatch.outcomes import pause_after
from backend.dispatch.suspects import divide, is_suspect
from backend.generations import events
from backend.generations.models import Generation, queue
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.queue import Lease
from backend.kit.telemetry import REGISTRY

LOOK_EVERY_S: Final = 0.5
STOP_WITHIN_S: Final = 14.0
_DATABASE_AWAY_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 5.0

WAITED: Final = Histogram(
    "atelier_generation_wait_seconds",
    "From submission to the claim.",
    registry=REGISTRY,
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)

_log = logging.getLogger("atelier.dispatch")


class Dispatcher:
    """Runs until stopped; holds at most `settings.dispatch_concurrency` leases."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._catalog = Catalog(context.inference, context.settings)
        self._owner = owner_name()
        self._room = context.settings.dispatch_concurrency
        self._running: dict[str, Execution] = {}
        self._suspect: str | None = None
        self._emptying = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._stopped = asyncio.Event()
        self._paused_until = 0.0
        self._looked = time.monotonic()
        self._task: asyncio.Task[object] | None = None

    async def run(self) -> None:
        """Claim and run generations until `stop` is called."""
        self._task = asyncio.current_task()
        listening = asyncio.create_task(self._listen())
        tidying = [
            asyncio.create_task(room.watch(self._context))
            for room in (lifeline, retention, forgetting, ageing, erasing, cooling, stepping)
        ]
        try:
            while not self._stopping:
                self._wake.clear()
                await self._look_for_cancels()
                await self._fill()
                await rest(self._wake, LOOK_EVERY_S)
            await self._give_back()
        finally:
            for task in (listening, *tidying, *self._tasks):
                task.cancel()
            await asyncio.gather(listening, *tidying, *self._tasks, return_exceptions=True)
            await self._catalog.aclose()
            self._stopped.set()

    def wind_down(self) -> None:
        """Claim nothing more, stop what runs and give its leases back; returns at once."""
        self._stopping = True
        self._wake.set()

    async def stop(self) -> None:
        """Wind down, and wait for that; done within 14 seconds."""
        self.wind_down()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._stopped.wait()
        except TimeoutError:
            _log.warning("%d leases could not be given back; they run out", len(self._running))
            if self._task:
                self._task.cancel()

    async def _fill(self) -> None:
        free = self._room - len(self._running)
        if free <= 0 or time.monotonic() < self._paused_until or self._is_closed():
            return
        try:
            rows = await asyncio.to_thread(self._claim, free)
        except SQLAlchemyError as error:
            _log.warning("cannot claim: %s", type(error).__name__)
            self._pause(_DATABASE_AWAY_S)
            return
        except Exception:  # noqa: BLE001
            # Nobody else would notice that this studio had stopped to draw.
            _log.exception("cannot claim")
            self._pause(_LONGEST_PAUSE_S)
            return
        for row in rows:
            self._start(row)

    def _is_closed(self) -> bool:
        """Whether nothing more may begin: a suspect runs, or waits until nothing else does."""
        return self._suspect is not None or (self._emptying and bool(self._running))

    def _claim(self, limit: int) -> list[Generation]:
        settings = self._context.settings
        with self._context.database.write() as session:
            rows = queue.claim(
                session,
                owner=self._owner,
                lease_seconds=settings.lease_seconds,
                limit=limit,
                started_at=utc_now(),
            )
            rows, others = divide(rows, empty=not self._running)
            for row in others:
                queue.release(session, Lease(row.id, row.fence))
        self._emptying = any(is_suspect(row) for row in others)
        for row in rows:
            WAITED.observe(max(0.0, (utc_now() - row.created_at).total_seconds()))
            events.say_changed(self._context.notifier, row)
        return rows

    def _start(self, row: Generation) -> None:
        if is_suspect(row):
            self._suspect = row.id
        execution = Execution(self._context, self._catalog, row)
        self._running[row.id] = execution
        task = asyncio.create_task(self._see_through(row, execution))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, row: Generation, execution: Execution) -> None:
        try:
            with following(row) as span:
                outcome = await execution.run()
                span.set_attribute("atelier.outcome", type(outcome).__name__.lower())
            if seconds := pause_after(outcome):
                self._pause(seconds)
        except Exception:  # noqa: BLE001
            # Its lease runs out and the lifeline gives it back; the others go on.
            _log.exception("generation %s was dropped", row.id)
        finally:
            del self._running[row.id]
            if self._suspect == row.id:
                self._suspect = None
            self._wake.set()

    async def _listen(self) -> None:
        async with self._context.notifier.subscribe(events.QUEUE_CHANNEL) as ear:
            while True:
                heard = await ear.get()
                if heard and heard[1].get("event") == "cancel":
                    self._cancel(str(heard[1].get("id")))
                else:
                    self._wake.set()

    async def _look_for_cancels(self) -> None:
        """Ask which of those that run are wanted stopped, and what is: on SQLite another process is not heard."""
        now = time.monotonic()
        if not self._running or now < self._looked + LOOK_EVERY_S:
            return
        self._looked = now
        try:
            wanted = await asyncio.to_thread(self._wanted_stopped, list(self._running))
            models = {key: execution.model for key, execution in self._running.items()}
            halted = await asyncio.to_thread(halting.look, self._context, models)
        except Exception as error:  # noqa: BLE001 - a heartbeat will tell, or the next look
            _log.warning("cannot look for cancels: %s", type(error).__name__)
            return
        for generation_id in wanted:
            self._cancel(generation_id)
        for generation_id, failure in halted.items():
            if execution := self._running.get(generation_id):
                execution.halt(failure)

    def _wanted_stopped(self, ids: list[str]) -> list[str]:
        with self._context.database.read() as session:
            return queue.wanted_stopped(session, ids)

    def _cancel(self, generation_id: str) -> None:
        if execution := self._running.get(generation_id):
            execution.cancel()

    def _pause(self, seconds: float) -> None:
        self._paused_until = time.monotonic() + min(seconds, _LONGEST_PAUSE_S)

    async def _give_back(self) -> None:
        for execution in self._running.values():
            execution.release()
        if self._tasks:
            await asyncio.wait(self._tasks)

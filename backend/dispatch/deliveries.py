"""Sends what the outbox of webhooks holds: leases due deliveries, posts each, writes down how it went.

Any number of these may work on one database. A message is sent at least once, always under the same
`webhook-id`: who dies after sending and before writing that down leaves a lease that runs out, and
somebody else sends it again. What to send, and when again, is `backend.webhooks`' word.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from backend.dispatch.holding import owner_name, rest
from backend.kit import clock
from backend.kit.context import Context
from backend.kit.keyring import CannotOpen, ring_of
from backend.kit.outbound import Outbound, OutboundError
from backend.kit.queue import BEATS_PER_LEASE, Lease, State
from backend.kit.telemetry import REGISTRY
from backend.webhooks import repository, settlement
from backend.webhooks.models import Delivery, Webhook, queue
from backend.webhooks.outbox import CHANNEL
from backend.webhooks.schedule import SCHEDULE_S
from backend.webhooks.sealing import opened_all
from backend.webhooks.service import rules_of
from backend.webhooks.settlement import Attempt
from backend.webhooks.signatures import headers_of

LOOK_EVERY_S: Final = 1.0
STOP_WITHIN_S: Final = 3.0
_TO_WRITE_DOWN_S: Final = 10.0
_DATABASE_AWAY_S: Final = 2.0
_ALWAYS: Final = {"content-type": "application/json", "user-agent": "Atelier-Webhooks"}

ATTEMPTS: Final = Counter(
    "atelier_webhook_attempts_total",
    "Attempts to deliver a message, by what became of it.",
    ["state"],
    registry=REGISTRY,
)

_log = logging.getLogger("atelier.webhooks")


@dataclass(frozen=True)
class Errand:
    """One leased delivery with all that sending it needs."""

    lease: Lease
    webhook_id: str
    url: str
    body: bytes
    sealed_secrets: Sequence[str]


class Deliverer:
    """Runs until stopped; holds at most `settings.webhook_concurrency` leases, each for one attempt."""

    def __init__(
        self,
        context: Context,
        outbound: Outbound | None = None,
        *,
        schedule: Sequence[float] = SCHEDULE_S,
        lease_seconds: float | None = None,
    ) -> None:
        settings = context.settings
        self._database = context.database
        self._notifier = context.notifier
        self._outbound = outbound or Outbound(
            rules_of(settings), timeout=settings.webhook_timeout_seconds
        )
        self._ring = ring_of(settings)
        self._schedule = schedule
        # Longer than any attempt, so that no lease needs renewing.
        self._lease_seconds = lease_seconds or settings.webhook_timeout_seconds + _TO_WRITE_DOWN_S
        self._owner = owner_name()
        self._room = settings.webhook_concurrency
        self._tasks: dict[Lease, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._reap_at = 0.0

    async def run(self) -> None:
        """Send until `stop` is called."""
        listening = asyncio.create_task(self._listen())
        try:
            while not self._stopping:
                self._wake.clear()
                await self._look()
                await rest(self._wake, LOOK_EVERY_S)
            await self._give_back()
        finally:
            tasks = [listening, *self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Claim nothing more; `run` ends within some three seconds and gives back what is unsent."""
        self._stopping = True
        self._wake.set()

    async def _look(self) -> None:
        """Start whatever is due and there is room for."""
        try:
            if time.monotonic() >= self._reap_at:
                await asyncio.to_thread(self._reap)
                self._reap_at = time.monotonic() + self._lease_seconds / BEATS_PER_LEASE
            free = self._room - len(self._tasks)
            for errand in await asyncio.to_thread(self._claim, free) if free > 0 else []:
                self._start(errand)
        except SQLAlchemyError as error:
            _log.warning("cannot look for deliveries: %s", type(error).__name__)
            await asyncio.sleep(_DATABASE_AWAY_S)
        except Exception:  # noqa: BLE001
            # Nobody else would notice that webhooks had fallen silent.
            _log.exception("cannot look for deliveries")
            await asyncio.sleep(_DATABASE_AWAY_S)

    def _claim(self, limit: int) -> list[Errand]:
        with self._database.write() as session:
            rows = queue.claim(
                session, owner=self._owner, lease_seconds=self._lease_seconds, limit=limit
            )
            targets = repository.targets(session, {row.webhook_id for row in rows}) if rows else {}
            errands = []
            for row in rows:
                webhook, active = targets[row.webhook_id]
                if active and webhook.enabled:
                    errands.append(_errand(row, webhook))
                else:
                    why = (
                        "The webhook is disabled."
                        if active
                        else "Its owner's account is not active."
                    )
                    settlement.drop(session, Lease(row.id, row.fence), why)
            return errands

    def _reap(self) -> None:
        """Put back what the dead had claimed; whether they sent it nobody knows, so it is sent again."""
        with self._database.write() as session:
            for row in queue.expired(session):
                queue.release(session, Lease(row.id, row.fence))

    def _start(self, errand: Errand) -> None:
        self._tasks[errand.lease] = asyncio.create_task(self._see_through(errand))

    async def _see_through(self, errand: Errand) -> None:
        try:
            attempt = await self._attempt(errand)
            state = await asyncio.to_thread(self._settle, errand, attempt)
            ATTEMPTS.labels(state.value if state else "lost").inc()
        except Exception:  # noqa: BLE001
            # Its lease runs out, and it is sent again; the others go on.
            _log.exception("delivery %s was dropped", errand.lease.id)
        finally:
            del self._tasks[errand.lease]
            self._wake.set()

    async def _attempt(self, errand: Errand) -> Attempt:
        try:
            headers = {**_ALWAYS, **self._signed(errand)}
            return settlement.answered(await self._outbound.post(errand.url, errand.body, headers))
        except OutboundError as error:
            return settlement.unanswered(error)
        except CannotOpen:
            _log.error("the key that sealed the secret of webhook %s is gone", errand.webhook_id)
            return Attempt(
                error="the studio's keys have changed; make a new secret for this webhook"
            )
        except Exception:  # noqa: BLE001
            # Counts as an attempt: a message that we cannot send must come to an end too.
            _log.exception("delivery %s broke off by a bug", errand.lease.id)
            return Attempt(error="something went wrong on our side")

    def _signed(self, errand: Errand) -> dict[str, str]:
        now = int(clock.utc_now().timestamp())
        opened = opened_all(self._ring, errand.sealed_secrets)
        return headers_of(errand.lease.id, now, errand.body, opened)

    def _settle(self, errand: Errand, attempt: Attempt) -> State | None:
        with self._database.write() as session:
            return settlement.settle(
                session, errand.webhook_id, errand.lease, attempt, self._schedule
            )

    async def _listen(self) -> None:
        async with self._notifier.subscribe(CHANNEL) as ear:
            while True:
                await ear.get()
                self._wake.set()

    async def _give_back(self) -> None:
        """Let what is under way end, for a moment; what does not is sent by the next one."""
        unsent = dict(self._tasks)
        if not unsent:
            return
        _, late = await asyncio.wait(unsent.values(), timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(self._release, [lease for lease, t in unsent.items() if t in late])

    def _release(self, leases: Sequence[Lease]) -> None:
        with self._database.write() as session:
            for lease in leases:
                queue.release(session, lease)


def _errand(row: Delivery, webhook: Webhook) -> Errand:
    return Errand(
        lease=Lease(row.id, row.fence),
        webhook_id=webhook.id,
        url=webhook.url,
        body=row.body.encode(),
        sealed_secrets=webhook.signing_secrets,
    )

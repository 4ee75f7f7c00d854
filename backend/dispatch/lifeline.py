"""Gives back what dead dispatchers held: a lease that ran out is nobody's any more.

Every dispatcher runs one; rows that another one is looking at are skipped.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from backend.dispatch.outcomes import Failure
from backend.dispatch.rounds import go_round
from backend.dispatch.settlement import settle_locked
from backend.generations.models import queue
from backend.kit.context import Context
from backend.kit.queue import BEATS_PER_LEASE

_BROKEN_OFF: Final = Failure(
    "interrupted", "The studio was interrupted while drawing this.", retryable=True
)

_log = logging.getLogger("atelier.dispatch")


async def watch(context: Context) -> None:
    """Reap six times a lease (every five seconds of the usual thirty) until cancelled."""

    async def look() -> None:
        if number := await asyncio.to_thread(reap, context):
            _log.warning("lifeline: %d generations had lost their dispatcher", number)

    every_s = context.settings.lease_seconds / BEATS_PER_LEASE
    await go_round(look, every_s=every_s, log=_log, what="lifeline")


def reap(context: Context) -> int:
    """Settle every generation whose lease ran out; return how many there were."""
    with context.database.write() as session:
        rows = queue.expired(session)
        for row in rows:
            settle_locked(session, context, row, _BROKEN_OFF)
        return len(rows)

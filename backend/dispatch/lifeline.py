"""Gives back what dead dispatchers held: a lease that ran out is nobody's any more.

Every dispatcher runs one; rows that another one is looking at are skipped.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from backend.dispatch.outcomes import Failure
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
    while True:
        try:
            number = await asyncio.to_thread(reap, context)
        except SQLAlchemyError as error:
            _log.warning("lifeline: %s", type(error).__name__)
        except Exception:  # noqa: BLE001
            # Nobody else would notice that leases are not given back any more.
            _log.exception("lifeline")
        else:
            if number:
                _log.warning("lifeline: %d generations had lost their dispatcher", number)
        await asyncio.sleep(context.settings.lease_seconds / BEATS_PER_LEASE)


def reap(context: Context) -> int:
    """Settle every generation whose lease ran out; return how many there were."""
    with context.database.write() as session:
        rows = queue.expired(session)
        for row in rows:
            settle_locked(session, context, row, _BROKEN_OFF)
        return len(rows)

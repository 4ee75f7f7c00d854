"""Forgets who asked often a while ago: rows of rate limits that say nothing any more.

Every dispatcher looks, a few hundred rows at a time; two that look at once do no harm. What these rows hold of a
person, an address, is therefore gone within the hour.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from backend.dispatch.rounds import go_round
from backend.kit import ratelimit
from backend.kit.context import Context

LOOK_EVERY_S: Final = 600.0
AT_ONCE: Final = 500

_log = logging.getLogger("atelier.dispatch")


async def watch(context: Context) -> None:
    """Forget every ten minutes until cancelled."""

    async def look() -> None:
        while await asyncio.to_thread(forget, context) == AT_ONCE:
            pass

    await go_round(
        look,
        every_s=LOOK_EVERY_S,
        first_within_s=LOOK_EVERY_S,
        log=_log,
        what="old rate limits",
    )


def forget(context: Context) -> int:
    """Delete rows that say nothing any more, at most `AT_ONCE`; return how many."""
    with context.database.write() as session:
        return ratelimit.forget(session, limit=AT_ONCE)

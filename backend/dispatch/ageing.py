"""Removes, once an hour, what is older than the settings keep it. What that is, is `backend.leaving`'s word.

Every dispatcher looks, a few rows at a time; two that look at once do no harm. Deliveries are `forgetting`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Final

from backend.dispatch.rounds import go_round
from backend.kit.context import Context
from backend.leaving import retention

LOOK_EVERY_S: Final = 3600.0
FIRST_WITHIN_S: Final = 60.0

_log = logging.getLogger("atelier.leaving")


async def watch(context: Context) -> None:
    """Remove once an hour until cancelled."""

    async def look() -> None:
        removed: Counter[str] = Counter()
        steps = retention.removing(context.database, context.storage, context.settings)
        # In steps, so that a studio that stops need not wait for all of them.
        while step := await asyncio.to_thread(next, steps, None):
            removed[step[0]] += step[1]
        for name, number in removed.items():
            _log.warning("retention: %d %s were too old", number, name)

    await go_round(
        look, every_s=LOOK_EVERY_S, first_within_s=FIRST_WITHIN_S, log=_log, what="retention"
    )

"""Forgets what was kept long enough: deliveries of webhooks that ended, uploads that nobody draws from.

Every dispatcher looks, a few hundred rows at a time, so that nobody waits long for SQLite's one writer; two
that look at once do no harm.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from sqlmodel import Session

from backend.dispatch.rounds import go_round
from backend.generations import repository as generations
from backend.kit import clock
from backend.kit.context import Context
from backend.recipes import runs
from backend.uploads import service as uploads
from backend.webhooks import repository

LOOK_EVERY_S: Final = 3600.0
FIRST_WITHIN_S: Final = 60.0
AT_ONCE: Final = 500

_log = logging.getLogger("atelier.webhooks")


async def watch(context: Context) -> None:
    """Forget once an hour until cancelled; what is kept for 0 days is kept for ever."""
    days = {forget: context.settings.delivery_days, forget_uploads: context.settings.upload_days}
    wanted = [verb for verb, kept_for in days.items() if kept_for > 0]
    if not wanted:
        return

    async def look() -> None:
        for verb in wanted:
            while await asyncio.to_thread(verb, context) == AT_ONCE:
                pass

    await go_round(
        look, every_s=LOOK_EVERY_S, first_within_s=FIRST_WITHIN_S, log=_log, what="what is old"
    )


def forget(context: Context) -> int:
    """Delete deliveries that ended more than `delivery_days` ago, at most `AT_ONCE`; return how many."""
    before = clock.utc_now() - timedelta(days=context.settings.delivery_days)
    with context.database.write() as session:
        return repository.forget_deliveries(session, ended_before=before, limit=AT_ONCE)


def forget_uploads(context: Context) -> int:
    """Forget uploads unused for `upload_days`, at most `AT_ONCE`, with their files; return how many.

    What waits to be drawn from stays, however long it waits; so does what a later step of a run will need.
    """
    return uploads.forget(context, limit=AT_ONCE, in_use=_in_use)


def _in_use(session: Session) -> set[str]:
    return generations.drawn_from_by_alive(session) | runs.pictures_of_alive(session)

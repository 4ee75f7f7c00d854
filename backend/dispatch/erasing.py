"""Carries erasures through: those that were asked for over HTTP, and those that somebody died over.

Every dispatcher looks; the steps of one erasure are taken one after another, whoever takes them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from backend.dispatch.rounds import go_round
from backend.kit.context import Context
from backend.kit.errors import UnderLegalHold
from backend.leaving import erasure, repository
from backend.leaving.erasure import Step

LOOK_EVERY_S: Final = 5.0

_log = logging.getLogger("atelier.leaving")


async def watch(context: Context) -> None:
    """Look every five seconds until cancelled."""

    async def look() -> None:
        for erasure_id in await asyncio.to_thread(_under_way, context):
            try:
                await _carry_on(context, erasure_id)
            except Exception:  # noqa: BLE001
                # One that cannot go on must not keep the others waiting.
                _log.exception("erasure %s does not go on", erasure_id)

    await go_round(look, every_s=LOOK_EVERY_S, log=_log, what="erasures")


async def _carry_on(context: Context, erasure_id: str) -> None:
    """Take steps until it is done, or has to wait for a generation or for a legal hold."""
    step = Step.MORE
    while step is Step.MORE:
        try:
            step = await asyncio.to_thread(advance, context, erasure_id)
        except UnderLegalHold as refusal:
            _log.info("erasure %s waits: %s", erasure_id, refusal.message)
            return
    if step is Step.DONE:
        _log.warning("erasure %s is done", erasure_id)


def advance(context: Context, erasure_id: str) -> Step:
    """Take the next step of an erasure."""
    return erasure.advance(context.database, context.storage, context.notifier, erasure_id)


def _under_way(context: Context) -> list[str]:
    with context.database.read() as session:
        return repository.erasures_under_way(session)

"""Says in the log where the chain of the audit ends, at the start and once a day.

Whoever owns the database can write the whole chain anew, but not what has left it: logs that are collected elsewhere
keep anchors for `atelier audit verify --anchor`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from backend.audit import service as audit
from backend.audit.chain import Anchor
from backend.kit.context import Context

EVERY_S: Final = 86_400.0
_AGAIN_S: Final = 60.0
_log = logging.getLogger("atelier.audit")


async def keep_telling(context: Context) -> None:
    """Say it, now and every day, until cancelled; a database that is away is asked again in a minute."""
    while True:
        try:
            head = await asyncio.to_thread(_head, context)
        except SQLAlchemyError as error:
            _log.warning("the audit could not be read: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN_S)
        else:
            _log.info("audit anchor %s", head)
            await asyncio.sleep(EVERY_S)


def _head(context: Context) -> Anchor:
    with context.database.read() as session:
        return audit.head(session)

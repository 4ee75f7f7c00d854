"""The one shape of what every dispatcher does beside drawing: look, rest, look again, and never fall silent."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from backend.kit.errors import AtelierError


async def go_round(
    look: Callable[[], Awaitable[object]],
    *,
    every_s: float,
    first_within_s: float = 0.0,
    log: logging.Logger,
    what: str,
) -> None:
    """Call `look` every so many seconds until cancelled; first at some moment within `first_within_s`.

    A database or a store that is away costs a line in the log, anything else a traceback, and the round goes on all
    the same: nobody else would notice that nobody looks any more.
    """
    if first_within_s:
        await asyncio.sleep(random.uniform(0, first_within_s))  # noqa: S311
    while True:
        try:
            await look()
        except SQLAlchemyError as error:
            log.warning("%s: %s", what, type(error).__name__)
        except (OSError, AtelierError) as error:
            log.warning("%s: %s", what, error)
        except Exception:
            log.exception("%s", what)
        await asyncio.sleep(every_s)

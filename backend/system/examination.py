"""Looks at everything at once, and answers in time whatever a single look does: hang, break, take long.

A look that still hangs is not begun again: whoever asks next waits for the same one, so that a part that is away
costs one thread and not one more every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Final

from anyio import to_thread

from backend.kit.places import places
from backend.system.findings import bad
from backend.system.schemas import Check

WITHIN_S: Final = 2.0
_AT_ONCE: Final = 8
_LOG_TELLS: Final = "Look at the log of this process."

Look = Callable[[], Coroutine[object, object, Check]]
_threads = places("atelier_examination", _AT_ONCE)
_log = logging.getLogger("atelier.system")


def in_thread(look: Callable[[], Check]) -> Look:
    """Return `look`, which waits for a database or a disk, as one that keeps nobody else waiting."""

    async def looked() -> Check:
        return await to_thread.run_sync(look, abandon_on_cancel=True, limiter=_threads())

    return looked


class Examination:
    """The looks by name. Each is answered for within `within_s` seconds."""

    def __init__(self, looks: Mapping[str, Look], *, within_s: float = WITHIN_S) -> None:
        self._looks = looks
        self._within_s = within_s
        self._under_way: dict[str, asyncio.Task[Check]] = {}

    async def checks(self) -> list[Check]:
        """Return how everything stands, in the order of the looks."""
        return list(await asyncio.gather(*map(self._check, self._looks)))

    async def _check(self, name: str) -> Check:
        looking = self._under_way.get(name)
        if looking is None:
            looking = asyncio.create_task(self._looks[name](), name=f"check {name}")
            self._under_way[name] = looking
            looking.add_done_callback(partial(self._looked, name))
        await asyncio.wait({looking}, timeout=self._within_s)
        if not looking.done():
            return bad(name, f"Did not answer within {self._within_s:g} seconds.", _LOG_TELLS)
        if looking.cancelled():
            return bad(name, "The process stops.", "Ask again.")
        if error := looking.exception():
            kind = type(error).__name__
            _log.warning("check %s: %s: %s", name, kind, error)
            return bad(name, f"Could not be looked at: {kind}.", _LOG_TELLS)
        return looking.result()

    def _looked(self, name: str, _task: asyncio.Task[Check]) -> None:
        self._under_way.pop(name, None)

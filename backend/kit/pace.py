"""Keeps a flood of the same news from flooding the log: one line of each kind every few seconds.

What comes meanwhile waits: when the time is over its last line is said, with how many were left out before it. So two
that come together are both told, of a thousand the first and the last, and after that one every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Final

EVERY_S: Final = 5.0

Say = Callable[[int], None]
"""Writes one line; it is given how many others were left out."""


@dataclass
class _Held:
    """What came since the last line of its kind."""

    count: int = 0
    last: tuple[Context, Say] | None = None


class Pace:
    """Lets one line of a kind pass every `every_s` seconds. Call it from the event loop."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._held: dict[Hashable, _Held] = {}

    def __call__(self, kind: Hashable, say: Say) -> None:
        """Have `say` called now, later, or not at all."""
        held = self._held.get(kind)
        if held is None:
            self._rest(kind)
            say(0)
        else:
            held.count += 1
            held.last = copy_context(), say  # the line carries its own request's id

    def _rest(self, kind: Hashable) -> None:
        self._held[kind] = _Held()
        asyncio.get_running_loop().call_later(self._every_s, self._over, kind)

    def _over(self, kind: Hashable) -> None:
        held = self._held.pop(kind)
        if held.last is not None:
            self._rest(kind)
            context, say = held.last
            context.run(say, held.count - 1)

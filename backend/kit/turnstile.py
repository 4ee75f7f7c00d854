"""Lets so many in at once and sends the next away at once, so that nobody waits in a line that nobody counts.

A server that is asked for more than it can look at gets slower for everybody, without end; one that turns the
rest away before it has done anything for them stays as fast as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend.kit.errors import Busy

_AGAIN_IN_S = 1


class Turnstile:
    """Counts who is inside, in one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._inside = 0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside for as long as the block lasts.

        Raises:
            Busy: So many are inside already.
        """
        if self._inside >= self.most:
            raise Busy(
                f"{self.most} requests are being looked at, which is all that this studio does at once; "
                f"try again in {_AGAIN_IN_S} s.",
                retry_after=_AGAIN_IN_S,
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

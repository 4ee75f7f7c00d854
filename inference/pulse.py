"""Whether the engine's thread still moves, and why it never will again. Plain words and a clock."""

from __future__ import annotations

import time

from inference.protocol import Broken


class Pulse:
    """Beats with every turn of the thread; `lost` says why there will be no more, empty while all is well."""

    def __init__(self) -> None:
        self.lost = ""
        self._last = time.monotonic()

    def beat(self) -> None:
        """Note that the thread moves, or rightly rests."""
        self._last = time.monotonic()

    def raise_if_still(self, *, busy: bool, patience: float) -> None:
        """Check that it beats: while `busy`, at least once in `patience` seconds.

        Raises:
            Broken: It does not, or never will again.
        """
        if self.lost:
            raise Broken(self.lost)
        quiet = time.monotonic() - self._last
        if busy and quiet > patience:
            raise Broken(f"no denoising step has ended for {quiet:.0f} s")

"""When an image of a generation is shown again: after its first step, then a few times a second."""

from __future__ import annotations

import time

PREVIEWS_PER_SECOND = 4.0


class Rhythm:
    """Remembers when each image was last shown."""

    def __init__(self, per_second: float = PREVIEWS_PER_SECOND) -> None:
        self._between = 1 / per_second
        self._last: dict[int, float] = {}

    def due(self, index: int) -> bool:
        """Say whether image `index` should be shown now, and take note that it is."""
        now = time.monotonic()
        if now - self._last.get(index, float("-inf")) < self._between:
            return False
        self._last[index] = now
        return True

"""When a message is tried again: the times that Standard Webhooks recommends, three days in all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

_MINUTE, _HOUR = 60.0, 3600.0

SCHEDULE_S: Final = (
    0.0, 5.0, 5 * _MINUTE, 30 * _MINUTE,
    *(hours * _HOUR for hours in (2, 5, 10, 14, 20, 24)),
)  # fmt: skip
"""The pause before each attempt, in seconds; after the last one a message is given up."""

GIVE_UP_AFTER: Final = timedelta(days=5)
"""A webhook that has only failed for so long is disabled."""

_JITTER: Final = 0.1
_LONGEST_RETRY_AFTER_S: Final = 24 * _HOUR


def pause_after(attempt: int, schedule: Sequence[float], retry_after: float | None) -> float | None:
    """Return for how many seconds to wait after failed `attempt` (from 1), or None to give up.

    Never shorter than the receiver wished (up to a day), and never the same for all who failed at once.
    """
    if attempt >= len(schedule):
        return None
    wished = min(retry_after or 0.0, _LONGEST_RETRY_AFTER_S)
    return max(schedule[attempt], wished) * (1 + random.uniform(0, _JITTER))  # noqa: S311

"""How many replicas the waiting work is worth: seconds of backlog, not requests, decide.

A count of requests takes a sketch of 4 steps for a final of 50. Every replica tells its backlog in
seconds of its own measured pace; Ray asks here how many replicas would work that off in time, and
keeps the bounds and the delays itself. Knows no deployment and no engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

BACKLOG = "backlog_s"
TARGET_BACKLOG_S = 4.0


class Context(Protocol):
    """What is used of Ray's `AutoscalingContext`."""

    @property
    def aggregated_metrics(self) -> Mapping[str, Mapping[Any, float]] | None:
        """What the replicas told, by metric and replica."""
        ...

    @property
    def current_num_replicas(self) -> int:
        """How many run."""
        ...


def replicas_for(backlogs: Iterable[float], *, target_s: float) -> int:
    """Return how many replicas work `backlogs` (seconds for one replica each) off in `target_s`.

    At least 1; a backlog that is not a finite number counts as none.
    """
    waiting = sum(seconds for seconds in backlogs if math.isfinite(seconds))
    return max(1, math.ceil(waiting / target_s))


class BacklogPolicy:
    """Ray's autoscaling policy for the inference deployment; `target_s` is the wait worth accepting."""

    def __init__(self, target_s: float = TARGET_BACKLOG_S) -> None:
        if not target_s > 0:
            raise ValueError(f"target_s must be above 0 seconds, for example 4, not {target_s}")
        self._target_s = target_s

    def __call__(self, context: Context) -> tuple[int, dict[str, Any]]:
        """Return the replicas wanted, and no state of our own."""
        told = (context.aggregated_metrics or {}).get(BACKLOG)
        if not told:  # nobody has reported yet: no reason to change anything
            return max(1, context.current_num_replicas), {}
        return replicas_for(told.values(), target_s=self._target_s), {}

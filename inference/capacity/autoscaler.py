"""Ray Serve's autoscaler in virtual time, around our own `BacklogPolicy`.

What Ray 2.60 does between a backlog and a new replica: each replica notes its backlog every `record_s`, tells all
notes of the last `look_back_s` every `push_s`; the controller takes their mean over time, asks the policy, and
follows only what the policy has said for a whole delay (`ray.serve.autoscaling_policy._apply_delay_logic`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.scaling import BACKLOG, BacklogPolicy


@dataclass(frozen=True)
class Scaling:
    """How many replicas, and how patiently; seconds. The defaults are Ray's and `serve_app`'s."""

    min_replicas: int = 1
    max_replicas: int = 1
    target_backlog_s: float = 4.0
    upscale_delay_s: float = 15.0
    downscale_delay_s: float = 600.0
    record_s: float = 6.0
    push_s: float = 10.0
    look_back_s: float = 30.0
    control_s: float = 1.0


@dataclass
class Notes:
    """What one replica has noted of its backlog since it was ready, and what it has told of that."""

    since: float
    scaling: Scaling
    _noted: deque[tuple[float, float]] = field(default_factory=deque)
    _told: list[tuple[float, float]] = field(default_factory=list)
    _next_note: float = 0.0
    _next_push: float = 0.0

    def __post_init__(self) -> None:
        self._next_note, self._next_push = self.since, self.since + self.scaling.push_s

    def take(self, now: float, backlog_s: float) -> None:
        """Note and tell, if it is time."""
        if now >= self._next_note:
            self._noted.append((now, backlog_s))
            self._next_note += self.scaling.record_s
        if now >= self._next_push:
            while self._noted and self._noted[0][0] < now - self.scaling.look_back_s:
                self._noted.popleft()
            self._told = list(self._noted)
            self._next_push += self.scaling.push_s

    def mean(self, now: float) -> float | None:
        """Return the mean of what was told, each value until the next, the last until `now`; None before."""
        if not self._told:
            return None
        ends = [*(at for at, _ in self._told[1:]), now]
        spans = [
            (end - at, value) for (at, value), end in zip(self._told, ends, strict=True) if end > at
        ]
        whole = sum(span for span, _ in spans)
        if whole <= 0:
            return self._told[-1][1]
        return sum(span * value for span, value in spans) / whole


@dataclass(frozen=True)
class Told:
    """What the policy is shown: `scaling.Context`."""

    aggregated_metrics: Mapping[str, Mapping[Any, float]]
    current_num_replicas: int


class Autoscaler:
    """How many replicas there should be, asked again and again."""

    def __init__(self, scaling: Scaling) -> None:
        self.target = scaling.min_replicas
        self._scaling = scaling
        self._policy = BacklogPolicy(scaling.target_backlog_s)
        self._since: float | None = None
        self._direction = 0

    def decide(self, now: float, told: Mapping[int, float], running: int) -> int:
        """Return the target after `told`, seconds of backlog by replica, was heard at `now`."""
        wanted, _ = self._policy(Told({BACKLOG: told} if told else {}, running))
        wanted = max(self._scaling.min_replicas, min(self._scaling.max_replicas, wanted))
        direction = (wanted > self.target) - (wanted < self.target)
        if direction != self._direction:
            self._direction, self._since = direction, now
        delay = self._scaling.upscale_delay_s if direction > 0 else self._scaling.downscale_delay_s
        if direction and self._since is not None and now - self._since >= delay:
            self.target, self._direction, self._since = wanted, 0, None
        return self.target

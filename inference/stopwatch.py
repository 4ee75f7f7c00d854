"""How long steps take by the clock of who computes them, and how far the host may run ahead of those steps.

On a CPU a step is over when its call returns. On CUDA the call only queues it: events mark its beginning and
its end and are read once they are past, so that the host waits when it is too far ahead and never else.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import torch

RUN_AHEAD: Final = 2  # steps; with more of them queued, canceling would mean little
Tell: TypeAlias = Callable[[float], None]
"""Is told the seconds of a step."""


class Stopwatch(Protocol):
    """Times one step after another, on the thread that takes them."""

    def start(self) -> None:
        """A step begins; one that is started and never stopped is not counted."""

    def stop(self, tell: Tell) -> None:
        """The step that was started is done or queued; `tell` its seconds when they are known."""


class HostStopwatch:
    """Seconds of the host, told at once."""

    def __init__(self) -> None:
        self._began = 0.0

    def start(self) -> None:
        """Take the time."""
        self._began = time.perf_counter()

    def stop(self, tell: Tell) -> None:
        """Take it again."""
        tell(time.perf_counter() - self._began)


class DeviceStopwatch:
    """Seconds of the device, told some steps later; those of the last steps when there are more again."""

    def __init__(self) -> None:
        self._began = _mark()
        self._ahead: deque[tuple[torch.cuda.Event, torch.cuda.Event, Tell]] = deque()

    def start(self) -> None:
        """Mark where on the device's time line the step begins: after all that is queued."""
        self._began = _mark()

    def stop(self, tell: Tell) -> None:
        """Mark where it ends, and wait for the one that is `RUN_AHEAD` steps behind it."""
        self._ahead.append((self._began, _mark(), tell))
        if len(self._ahead) > RUN_AHEAD:
            began, ended, told = self._ahead.popleft()
            ended.synchronize()
            told(began.elapsed_time(ended) / 1000)


def stopwatch_of(device: torch.device) -> Stopwatch:
    """Return what suits `device`."""
    return DeviceStopwatch() if device.type == "cuda" else HostStopwatch()


def _mark() -> torch.cuda.Event:
    mark = torch.cuda.Event(enable_timing=True, blocking=True)
    mark.record()
    return mark

"""Stop watches, a budget, and races: the same jobs given to several arms, round after round.

Rounds are interleaved and every other one runs backwards, so that a device that warms up or is busy
elsewhere treats all arms alike. Ratios are taken within a round. Knows nothing of images.
"""

from __future__ import annotations

import logging
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Protocol

import torch

logger = logging.getLogger(__name__)
WARM_UPS: Final = 2
_WARM_UP_SHARE: Final = 3
_NEXT_ROUND_MAY_TAKE: Final = 1.3


class Clock:
    """How much of the budget is left."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds of the budget that are left; negative when it is overdrawn."""
        return self._seconds - self.passed


@dataclass(frozen=True)
class Job:
    """One image to draw."""

    steps: int
    guidance_scale: float


@dataclass(frozen=True)
class Drawn:
    """An image that was drawn, and how long whoever asked for it has waited."""

    job: Job
    seconds: float


@dataclass(frozen=True)
class Run:
    """One round of one arm: what it drew, in which time, with how many UNet calls and rows."""

    seconds: float
    drawn: Sequence[Drawn]
    calls: int
    rows: int
    peak_bytes: int | None = None

    @property
    def images_per_s(self) -> float:
        """The round's rate."""
        return len(self.drawn) / self.seconds


class Arm(Protocol):
    """A way to draw."""

    def draw(self, jobs: Sequence[Job]) -> Run:
        """Draw every job and return what it took."""
        ...


@dataclass
class Race:
    """The rounds of each arm, as many of them for each; an arm that failed says why instead."""

    runs: dict[str, list[Run]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def race(
    arms: Mapping[str, Callable[[], Arm]],
    jobs: Callable[[str], Sequence[Job]],
    *,
    rounds: int,
    clock: Clock,
) -> Race:
    """Let all `arms` draw a third of their `jobs` uncounted, then all of them `rounds` times or while the budget lasts."""
    result = Race()
    for name in arms:
        few = jobs(name)[: math.ceil(len(jobs(name)) / _WARM_UP_SHARE)]
        _guarded(result, name, arms[name], few)
    for number in range(rounds):
        began = clock.passed
        alive = [name for name in arms if name not in result.failures]
        for name in alive if number % 2 == 0 else reversed(alive):
            run = _guarded(result, name, arms[name], jobs(name))
            if run is not None:
                result.runs.setdefault(name, []).append(run)
        if clock.left < _NEXT_ROUND_MAY_TAKE * (clock.passed - began):
            break
    return result


def _guarded(result: Race, name: str, arm: Callable[[], Arm], jobs: Sequence[Job]) -> Run | None:
    """Draw; an arm that fails is out of the race, and the others go on."""
    try:
        return arm().draw(jobs)
    except Exception as error:
        logger.exception("%s failed", name)
        result.failures[name] = told(error)
        result.runs.pop(name, None)
        return None


def told(error: Exception) -> str:
    """Return what went wrong in one line."""
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {first}"


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {
        "median": round(statistics.median(values), 4),
        "min": round(min(values), 4),
        "max": round(max(values), 4),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, round(share * len(ranked)) - 1))]


def seconds_of(call: Callable[[], object], device: Any, repeats: int) -> list[float]:  # noqa: ANN401
    """Return the seconds of each of `repeats` calls in a row, on the device's own clock if it has one."""
    for _ in range(WARM_UPS):
        call()
    if device.type != "cuda":
        return [_host_seconds(call) for _ in range(repeats)]
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
    marks[0].record()
    for mark in marks[1:]:
        call()
        mark.record()
    torch.cuda.synchronize(device)
    return [one.elapsed_time(other) / 1000 for one, other in pairwise(marks)]


def _host_seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def matrix_rate(where: Any, side: int, repeats: int) -> float:  # noqa: ANN401
    """Return the FLOP a second of a large product of random matrices: the limit to hold others against."""
    kind = {"device": where.device, "dtype": where.dtype}
    one, other = torch.randn(side, side, **kind), torch.randn(side, side, **kind)
    made = torch.empty(side, side, **kind)
    seconds = seconds_of(lambda: torch.mm(one, other, out=made), where.device, repeats)
    return float(2 * side**3 / statistics.median(seconds))


def finish(device: Any) -> None:  # noqa: ANN401
    """Wait until the device has nothing left to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def forget_peak(device: Any) -> None:  # noqa: ANN401
    """Begin to watch for a new peak of memory."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: Any) -> int | None:  # noqa: ANN401
    """Return the most memory that tensors have taken since, or nothing where it is not counted."""
    return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else None

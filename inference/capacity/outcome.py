"""What came of a simulation: how long people waited, how busy the GPUs were, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from pydantic import BaseModel

from inference.capacity.arrivals import HOUR_S
from inference.capacity.engines import EngineModel
from inference.capacity.replicas import Job, Replica

_PERCENTILES: Final = (50, 95, 99)


class Quantiles(BaseModel):
    """Seconds that half, 95 % and 99 % stayed below."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Quantiles:
        """Return the quantiles of at least one number."""
        found: list[float] = np.percentile(seconds, _PERCENTILES).tolist()
        p50, p95, p99 = found
        return cls(p50=round(p50, 3), p95=round(p95, 3), p99=round(p99, 3))


class Outcome(BaseModel):
    """`waiting` is from the ask to the first step of the attempt that was finished, `to_image` to the last image.

    `gpu_hours` count from when a machine was asked for. `joules_an_image` needs the engine's watts.
    """

    asks: int
    images: int
    seconds: float
    waiting: Quantiles
    to_image: Quantiles
    utilisation: float
    on_demand_hours: float
    spot_hours: float
    most_gpus: int
    machines: int
    drawn_again: int
    joules_an_image: float | None

    @property
    def gpu_hours(self) -> float:
        """Hours of GPUs, of either kind."""
        return self.on_demand_hours + self.spot_hours


def outcome_of(
    engine: EngineModel, jobs: Sequence[Job], replicas: Sequence[Replica], now: float, most: int
) -> Outcome:
    """Return what came of `jobs`, all of which are done by `now`."""
    waits = [(job.started or 0.0) - job.ask.seconds for job in jobs]
    took = [(job.done or 0.0) - job.ask.seconds for job in jobs]
    hours = {True: 0.0, False: 0.0}
    for replica in replicas:
        until = now if replica.gone_at is None else replica.gone_at
        hours[replica.spot] += (until - replica.asked_at) / HOUR_S
    images = sum(job.ask.images for job in jobs)
    busy, paid = sum(replica.busy_s for replica in replicas), sum(hours.values()) * HOUR_S
    return Outcome(
        asks=len(jobs),
        images=images,
        seconds=round(now, 3),
        waiting=Quantiles.of(waits),
        to_image=Quantiles.of(took),
        utilisation=round(min(1.0, busy / paid), 4) if paid else 0.0,
        on_demand_hours=hours[False],
        spot_hours=hours[True],
        most_gpus=most,
        machines=len(replicas),
        drawn_again=sum(job.attempts > 1 for job in jobs),
        joules_an_image=_joules(engine, busy, paid, images),
    )


def _joules(engine: EngineModel, busy_s: float, paid_s: float, images: int) -> float | None:
    if engine.watts_busy is None:
        return None
    idle = max(0.0, paid_s - busy_s) * (engine.watts_idle or 0.0)
    return round((busy_s * engine.watts_busy + idle) / images, 2)

"""A studio in virtual time: asks → durable queue → replicas that share their steps, grown and shrunk by our policy.

    queue → the replica with the fewest connections → steps → done
    the autoscaler asks for replicas; machines come after their cold start; spot machines are taken away

The same trace, fleet and seed give the same result. It leaves out the database, the network and people who leave.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final

from inference.capacity.arrivals import HOUR_S, Ask
from inference.capacity.autoscaler import Autoscaler, Notes, Scaling
from inference.capacity.engines import CapacityError, EngineModel
from inference.capacity.outcome import Outcome, outcome_of
from inference.capacity.replicas import Job, Replica

IN_FLIGHT: Final = 32
"""What a dispatcher of `k8s/base` keeps in flight."""


@dataclass(frozen=True)
class Fleet:
    """What the GPUs are like. `floor` of them are never spot; a spot one is taken away `spot_per_hour` times an hour.

    `in_flight` is how many generations are with replicas at once, all dispatchers together; the rest wait in the
    durable queue. `notice_s` is how long a machine that goes may finish what it draws, and
    `ready_for_s` how long the first ones had been ready when the trace began.
    """

    scaling: Scaling = field(default_factory=Scaling)
    floor: int = 1
    spot_per_hour: float = 0.05
    in_flight: int = IN_FLIGHT
    slots: int = 64
    notice_s: float = 14.0
    cold_start_s: float | None = None
    ready_for_s: float = 0.0

    @classmethod
    def of(cls, gpus: int, *, spot: bool = False, in_flight: int | None = None) -> Fleet:
        """Return `gpus` that are always there, all on demand or all spot; without a limit, a dispatcher's each."""
        scaling = Scaling(min_replicas=gpus, max_replicas=gpus)
        return cls(scaling, floor=0 if spot else gpus, in_flight=in_flight or IN_FLIGHT * gpus)


def simulate(engine: EngineModel, asks: Sequence[Ask], fleet: Fleet, *, seed: int = 0) -> Outcome:
    """Return how long everybody waited and what it took.

    Raises:
        CapacityError: There is nobody who asks.
    """
    if not asks:
        raise CapacityError(
            "nobody asks: give a trace with at least one arrival, or more designers"
        )
    return _Studio(engine, asks, fleet, seed).run()


class _Studio:
    def __init__(self, engine: EngineModel, asks: Sequence[Ask], fleet: Fleet, seed: int) -> None:
        self._engine, self._fleet = engine, fleet
        self._random = Random(seed)  # noqa: S311 - reproducible, not secret
        self._jobs = [Job(ask) for ask in asks]
        self._queue: deque[Job] = deque()
        self._left = len(self._jobs)
        self._replicas: list[Replica] = []
        self._with: dict[Job, Replica] = {}
        self._autoscaler = Autoscaler(fleet.scaling)
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._tie = count()
        self._most = 0

    def run(self) -> Outcome:
        for _ in range(self._fleet.scaling.min_replicas):
            self._ready(self._ask_for_one(0.0), -self._fleet.ready_for_s)
        for job in self._jobs:
            self._at(job.ask.seconds, lambda now, job=job: self._arrive(job, now))  # type: ignore[misc]
        if self._fleet.scaling.max_replicas > self._fleet.scaling.min_replicas:
            self._at(-self._fleet.ready_for_s, self._control)
        now = 0.0
        while self._left:
            now, _, happens = heapq.heappop(self._events)
            happens(now)
        return outcome_of(self._engine, self._jobs, self._replicas, now, self._most)

    def _at(self, when: float, happens: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._tie), happens))

    def _arrive(self, job: Job, now: float) -> None:
        self._queue.append(job)
        self._dispatch(now)

    def _dispatch(self, now: float) -> None:
        """Hand out what waits: to whoever has the fewest, the longest-standing one among equals."""
        ready = [replica for replica in self._replicas if replica.ready] if self._queue else []
        while self._queue and ready and len(self._with) < self._fleet.in_flight:
            replica = min(ready, key=lambda one: len(one.jobs))
            job = self._queue.popleft()
            self._with[job] = replica
            replica.take(job)
            self._turn(replica, now)

    def _turn(self, replica: Replica, now: float) -> None:
        if replica.busy or replica.gone_at is not None:
            return
        ends, chosen = replica.step(now)
        if chosen:
            replica.busy = True
            self._at(ends, lambda then: self._step_ended(replica, chosen, then))

    def _step_ended(self, replica: Replica, chosen: list, now: float) -> None:  # type: ignore[type-arg]
        if replica.gone_at is not None:
            return
        free, told = replica.end_step(now, chosen)
        for when, job in told:
            self._at(when, lambda then, job=job: self._image_done(replica, job, then))  # type: ignore[misc]
        self._at(free, lambda then: self._free(replica, then))

    def _free(self, replica: Replica, now: float) -> None:
        replica.busy = False
        self._turn(replica, now)

    def _image_done(self, replica: Replica, job: Job, now: float) -> None:
        if replica.gone_at is not None:
            return
        if replica.finish(job, now):
            del self._with[job]
            self._left -= 1
            if replica.leaving and not replica.jobs:
                self._end(replica, now)
            self._dispatch(now)
        self._turn(replica, now)

    def _control(self, now: float) -> None:
        """Hear the replicas, ask the policy, and begin to make it so."""
        scaling, running = self._fleet.scaling, [one for one in self._replicas if one.ready]
        told = {}
        for replica in running:
            assert replica.notes is not None  # noqa: S101 - it is ready
            replica.notes.take(now, replica.backlog_s())
            if (mean := replica.notes.mean(now)) is not None:
                told[replica.number] = mean
        self._follow(self._autoscaler.decide(now, told, len(running)), now)
        self._at(now + scaling.control_s, self._control)

    def _follow(self, target: int, now: float) -> None:
        there = [one for one in self._replicas if not one.leaving and one.gone_at is None]
        for _ in range(target - len(there)):
            self._start_one(now)
        # Who is not ready yet goes first, then spot machines, then the youngest.
        spare = sorted(there, key=lambda one: (one.notes is not None, not one.spot, -one.number))
        for replica in spare[: max(0, len(there) - target)]:
            self._leave(replica, now)

    def _start_one(self, now: float) -> None:
        replica = self._ask_for_one(now)
        cold = self._fleet.cold_start_s
        after = self._engine.cold_start_s if cold is None else cold
        self._at(now + after, lambda then: self._ready(replica, then))

    def _ask_for_one(self, now: float) -> Replica:
        lasting = [one for one in self._replicas if not one.leaving and one.gone_at is None]
        spot = sum(not one.spot for one in lasting) >= self._fleet.floor
        replica = Replica(len(self._replicas), self._engine, self._fleet.slots, spot, now)
        self._replicas.append(replica)
        self._most = max(self._most, len(lasting) + 1)
        return replica

    def _ready(self, replica: Replica, now: float) -> None:
        if replica.gone_at is not None:
            return
        replica.notes = Notes(now, self._fleet.scaling)
        if replica.spot and self._fleet.spot_per_hour:
            lives = self._random.expovariate(self._fleet.spot_per_hour / HOUR_S)
            self._at(now + lives, lambda then: self._taken_away(replica, then))
        self._dispatch(now)

    def _taken_away(self, replica: Replica, now: float) -> None:
        if replica.gone_at is None and not replica.leaving:
            self._leave(replica, now)
            if self._fleet.scaling.max_replicas == self._fleet.scaling.min_replicas:
                self._start_one(now)

    def _leave(self, replica: Replica, now: float) -> None:
        """Let it finish what it can in the notice it has; what it cannot is put back."""
        replica.leaving = True
        if replica.jobs:
            self._at(now + self._fleet.notice_s, lambda then: self._end(replica, then))
        else:
            self._end(replica, now)

    def _end(self, replica: Replica, now: float) -> None:
        if replica.gone_at is not None:
            return
        replica.gone_at = now
        back = list(replica.jobs)
        replica.jobs.clear()
        for job in reversed(back):
            del self._with[job]
            self._queue.appendleft(job)
        self._dispatch(now)

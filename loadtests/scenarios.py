"""What every arm goes through: the study's staircases, the mixed load, clients that leave.

    staircase-24, -30, -100   five users more every 30 s, four steps, guidance 7.5   (full)
    ascent                    one climb that rests at 24, 30 and 100 users           (quick)
    mix                       24 users, 80 % sketches and 20 % finals: how much it can do of it
    mix-50 … mix-110          the same mix in an open loop, percent of the reference's `mix`
    leavers                   24 users, every tenth client leaves early
    abandoned                 eight ask at once and all leave: what is drawn all the same?

Turns a scenario into a `Plan`; knows nothing of servers.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Final

from loadtests.arrivals import poisson
from loadtests.plans import MIX, Arrival, Kind, Leaving, Plan, Stage
from loadtests.shapes import CEILINGS, ascent, staircase, steady, stretched

MIX_USERS: Final = 24
CARRIERS: Final = 200  # users that carry an open loop's requests; more at once than any arm takes
MIX_WORK: Final = 2.3  # a request of the mix over a plain one, about: for estimates of time only
CAPACITY: Final = "mix"  # the scenario whose images a second, by the reference, are the capacity
LEAVERS: Final = "leavers"
LEAVE_EVERY: Final = 10
ABANDONED: Final = "abandoned"
TOGETHER: Final = 8


@dataclass(frozen=True)
class Scenario:
    """One run of load, before it is known against what.

    `load` is percent of capacity (open loop); with `together`, so many ask once, all at once.
    """

    name: str
    stages: tuple[Stage, ...]
    kinds: tuple[Kind, ...] = (Kind.PREDICT,)
    load: float | None = None
    together: int = 0
    leaving: Leaving | None = None
    timeout_s: float = 120.0
    drain_s: float = 120.0

    @property
    def seconds(self) -> float:
        """How long it sends."""
        return sum(stage.seconds for stage in self.stages)

    def drain(self, image_s: float) -> float:
        """Return about how long what is under way at the end takes, at so many seconds an image."""
        work = image_s if len(self.kinds) == 1 else image_s * MIX_WORK
        if self.together:
            return min(self.drain_s, self.together * image_s)
        waiting = self.stages[-1].users if self.load is None else 10 * max(1.0, self.load / 90)
        return min(self.drain_s, waiting * work)

    def plan(self, url: str, *, round_: int, scale: float, rate: float | None) -> Plan:
        """Return what the generator is to do; the same for every arm of a round."""
        seed = zlib.crc32(f"{self.name}/{round_}".encode())
        stages = stretched(self.stages, scale)
        arrivals = None
        if rate is not None:
            seconds = sum(stage.seconds for stage in stages)
            arrivals = poisson(rate, seconds, self.kinds, seed=seed)
            users = min(CARRIERS, max(1, len(arrivals)))
            stages = steady(users, seconds)
        elif self.together:
            arrivals = [Arrival(at=0.0, kind=self.kinds[0])] * self.together
        return Plan(
            url=url,
            stages=stages,
            kinds=list(self.kinds),
            arrivals=arrivals,
            leaving=self.leaving,
            seed=seed,
            timeout_s=self.timeout_s,
            drain_s=self.drain_s,
        )

    def rate(self, capacity: float | None) -> float | None:
        """Return how many requests a second come in an open loop; None in a closed one.

        Raises:
            ValueError: It is an open loop, and the capacity is not known.
        """
        if self.load is None:
            return None
        if not capacity:
            raise ValueError(
                f"{self.name} needs the capacity, which the reference's {CAPACITY} tells"
            )
        return capacity * self.load / 100


def _steady(name: str, seconds: float, kinds: tuple[Kind, ...]) -> Scenario:
    return Scenario(name, tuple(steady(MIX_USERS, seconds)), kinds=kinds)


def _mix(seconds: float) -> Scenario:
    return _steady(CAPACITY, seconds, tuple(MIX))


def _open(load: int, seconds: float) -> Scenario:
    return replace(_steady(f"mix-{load}", seconds, tuple(MIX)), load=load)


def _leavers(seconds: float) -> Scenario:
    return replace(_steady(LEAVERS, seconds, (Kind.PREDICT,)), leaving=Leaving(every=LEAVE_EVERY))


def _abandoned() -> Scenario:
    leaving = Leaving(every=1, soonest=0.2, latest=0.4)
    stages = tuple(steady(TOGETHER, 1.0))
    return Scenario(ABANDONED, stages, together=TOGETHER, leaving=leaving)


def _full() -> list[Scenario]:
    stairs = [Scenario(f"staircase-{users}", tuple(staircase(users))) for users in CEILINGS]
    mixes = [_mix(120), *(_open(load, 120) for load in (50, 70, 90, 110))]
    return [*stairs, *mixes, _leavers(60), _abandoned()]


def _quick() -> list[Scenario]:
    climb = Scenario("ascent", tuple(ascent()))
    short = [climb, _mix(10), _open(90, 14), _leavers(6), _abandoned()]
    return [replace(scenario, timeout_s=60.0, drain_s=45.0) for scenario in short]


FULL: Final = {scenario.name: scenario for scenario in _full()}
QUICK: Final = {scenario.name: scenario for scenario in _quick()}

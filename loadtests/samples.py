"""Sorts the requests of all runs by what they are figures of: a number of users, a mixed load, a kind.

A request belongs to the number of users there were when it was *sent*, and is waited for after sending has
stopped, so that slow answers are in the figures as well as quick ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from loadtests.estimates import (
    Interval,
    Rounds,
    Statistic,
    Values,
    mean,
    percentile,
    rates,
    ratio,
)
from loadtests.plans import Kind, Outcome
from loadtests.records import Run
from loadtests.scenarios import ABANDONED, LEAVERS

Rows = list[tuple[Kind, Outcome, float, float]]  # kind, outcome, sent, done
ALL: Final = "all"
_WITH_LEAVERS: Final = (LEAVERS, ABANDONED)
SAME: Final = Interval(1.0, 1.0, 1.0)


class Key(NamedTuple):
    """What a figure is of: the arm, the load (`24 users`, `mix-90`), the kind or `all`."""

    arm: str
    load: str
    kind: str = ALL


@dataclass
class Sample:
    """The requests of one key in one round. Waits that were cut off are in `waits`: they are at least that."""

    rates: Values = field(default_factory=lambda: np.empty(0))
    waits: Values = field(default_factory=lambda: np.empty(0))
    outcomes: dict[Outcome, int] = field(default_factory=dict)

    def add(self, other: Sample) -> None:
        """Take `other` in."""
        self.rates = np.concatenate([self.rates, other.rates])
        self.waits = np.concatenate([self.waits, other.waits])
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count


class Ratios(NamedTuple):
    """One arm over another."""

    rps: Interval | None
    p50: Interval | None
    p95: Interval | None


class Samples:
    """The samples of every key, by round."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._of: dict[Key, dict[int, Sample]] = defaultdict(dict)
        for run in runs:
            for key, sample in _samples_of(run):
                self._of[key].setdefault(run.round, Sample()).add(sample)

    def keys(self) -> list[Key]:
        """Return every key there is something of."""
        return list(self._of)

    def rates(self, key: Key) -> Rounds:
        """Return images a second, about second by second, of each round."""
        return [sample.rates for sample in self._rounds(key)]

    def waits(self, key: Key) -> Rounds:
        """Return the seconds that images took, of each round."""
        return [sample.waits for sample in self._rounds(key)]

    def count(self, key: Key, outcome: Outcome) -> int:
        """Return how many requests ended so."""
        return sum(sample.outcomes.get(outcome, 0) for sample in self._rounds(key))

    def ratios(self, key: Key, other: str) -> Ratios:
        """Return the figures of `key` over the same of arm `other`; exactly 1 over itself."""
        if key.arm == other:
            return Ratios(SAME, SAME, SAME)
        against = key._replace(arm=other)

        def of(statistic: Statistic) -> Interval | None:
            return ratio(self.waits(key), self.waits(against), statistic)

        rps = ratio(self.rates(key), self.rates(against), mean)
        return Ratios(rps, of(percentile(50)), of(percentile(95)))

    def _rounds(self, key: Key) -> list[Sample]:
        return list(self._of.get(key, {}).values())


def _samples_of(run: Run) -> Iterable[tuple[Key, Sample]]:
    rows = run.requests.rows()
    kinds = sorted({kind for kind, *_ in rows})
    if kinds == [Kind.PREDICT] and run.scenario not in _WITH_LEAVERS:
        for window in run.windows:
            sent = [row for row in rows if window.begin <= row[2] < window.end]
            load = f"{window.users} users"
            yield Key(run.arm, load), _sample(sent, _ends(rows), window.begin, window.end)
        return
    until = max(_ends(rows), default=0.0)
    yield Key(run.arm, run.scenario), _sample(rows, _ends(rows), 0.0, until)
    for kind in kinds if len(kinds) > 1 else ():
        own = [row for row in rows if row[0] is kind]
        yield Key(run.arm, run.scenario, kind), _sample(own, _ends(own), 0.0, until)


def _sample(sent: Rows, ends: list[float], begin: float, end: float) -> Sample:
    """Return what became of `sent`, and how fast the images of `ends` came from `begin` to `end`."""
    waited = (Outcome.OK, Outcome.UNFINISHED)
    outcomes = {outcome: sum(row[1] is outcome for row in sent) for outcome in Outcome}
    return Sample(
        rates=rates(ends, begin, end) if end > begin else np.empty(0),
        waits=np.array([done - asked for _, outcome, asked, done in sent if outcome in waited]),
        outcomes={outcome: count for outcome, count in outcomes.items() if count},
    )


def _ends(rows: Rows) -> list[float]:
    return [done for _, outcome, _, done in rows if outcome is Outcome.OK]

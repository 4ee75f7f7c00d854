"""The figures of a comparison, worked out of its runs: what tables and plots show and JSON keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel

from loadtests.arms import ARMS, REFERENCE
from loadtests.campaign import capacity_of
from loadtests.costs import Cost, Waste, costs_of, wastes_of
from loadtests.estimates import Interval, estimate, mean, percentile
from loadtests.plans import Outcome
from loadtests.records import Run, Study
from loadtests.samples import ALL, Key, Samples

DECIMALS: Final = 3


class Row(BaseModel):
    """One arm under one load. Seconds; `times_*` are over the reference's, with an interval."""

    arm: str
    camp: str
    load: str
    kind: str
    images: int
    errors: int
    unfinished: int
    rps: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    times_rps: Interval | None
    times_p50: Interval | None
    times_p95: Interval | None


class Summary(BaseModel):
    """All figures of a comparison."""

    study: Study
    capacity: float | None
    rows: list[Row]
    costs: list[Cost]
    wastes: list[Waste]
    failures: list[str]
    errors: dict[str, dict[str, int]]

    def row(self, arm: str, load: str, kind: str = ALL) -> Row | None:
        """Return that arm's figures under that load, if there are any."""
        wanted = (arm, load, kind)
        return next((row for row in self.rows if (row.arm, row.load, row.kind) == wanted), None)

    def under(self, load: str, kind: str = ALL) -> list[Row]:
        """Return every arm's figures under that load."""
        return [row for row in self.rows if (row.load, row.kind) == (load, kind)]

    @property
    def arms(self) -> list[str]:
        """Every arm, in the order of the tables."""
        return list(dict.fromkeys(row.arm for row in self.rows))

    @property
    def users(self) -> list[int]:
        """The numbers of users there are figures for, rising."""
        return self._numbers(r"(\d+) users")

    @property
    def open_loads(self) -> list[int]:
        """The open loop's loads in percent of capacity, rising."""
        return self._numbers(r"mix-(\d+)")

    def _numbers(self, pattern: str) -> list[int]:
        found = (re.fullmatch(pattern, row.load) for row in self.rows)
        return sorted({int(match[1]) for match in found if match})


def summarise(runs: Sequence[Run], study: Study) -> Summary:
    """Return the figures of `runs`."""
    done = [run for run in runs if not run.failure]
    samples = Samples(done)
    camps = {run.arm: run.camp for run in done}
    keys = sorted(samples.keys(), key=lambda key: (_place(key.arm), key.load, key.kind))
    return Summary(
        study=study,
        capacity=_rounded(capacity_of(done)),
        rows=[_row(samples, key, camps[key.arm]) for key in keys],
        costs=costs_of(done),
        wastes=wastes_of(done),
        failures=[
            f"{run.arm}, {run.scenario}, round {run.round}: {run.failure}"
            for run in runs
            if run.failure
        ],
        errors=_errors(done),
    )


def _row(samples: Samples, key: Key, camp: str) -> Row:
    waits = samples.waits(key)
    times = samples.ratios(key, REFERENCE)
    return Row(
        arm=key.arm,
        camp=camp,
        load=key.load,
        kind=key.kind,
        images=samples.count(key, Outcome.OK),
        errors=samples.count(key, Outcome.ERROR),
        unfinished=samples.count(key, Outcome.UNFINISHED),
        rps=_rounded(estimate(samples.rates(key), mean)),
        p50=_rounded(estimate(waits, percentile(50))),
        p95=_rounded(estimate(waits, percentile(95))),
        p99=_rounded(estimate(waits, percentile(99))),
        times_rps=times.rps,
        times_p50=times.p50,
        times_p95=times.p95,
    )


def _errors(runs: Iterable[Run]) -> dict[str, dict[str, int]]:
    """Return what went wrong in each arm, and how often."""
    found: dict[str, dict[str, int]] = {}
    for run in runs:
        for message, count in run.errors.items():
            told = found.setdefault(run.arm, {})
            told[message] = told.get(message, 0) + count
    return found


def _place(arm: str) -> int:
    """Return where the tables have this arm: as `ARMS` has them, strangers last."""
    return [*ARMS, arm].index(arm)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)

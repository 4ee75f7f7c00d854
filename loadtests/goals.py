"""What the comparison was to show, whether it did, and the verdict in one line.

The figures are those of the issue: behind Ray Serve at least twice the best of the study's servers at every
one of its numbers of users; no slower than request-level batching on uniform work; well ahead on mixed work;
sketches that do not wait behind finals; next to nothing done in vain. Missed ones are told as missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.arms import FLAGSHIP, REFERENCE, Camp
from loadtests.estimates import Interval
from loadtests.plans import Kind, Outcome
from loadtests.samples import Key, Ratios, Samples
from loadtests.scenarios import CAPACITY
from loadtests.shapes import CEILINGS
from loadtests.summary import Row, Summary

TWICE, EVEN, AHEAD, HALF, THIRD, WASTE = 2.0, 1.0, 1.3, 0.5, 0.35, 0.02
BUSY: Final = "mix-90"


@dataclass(frozen=True)
class Goal:
    """One figure that was wanted; `met` is None where it was not measured."""

    what: str
    wanted: str
    measured: str
    met: bool | None


@dataclass(frozen=True)
class Duel:
    """Ours against the fastest of a camp under one load."""

    load: str
    rival: str
    ratios: Ratios
    errors: int


def flagship_of(summary: Summary) -> str | None:
    """Return the arm of ours that is judged: the one behind Ray Serve, or else the first."""
    ours = [row.arm for row in summary.rows if row.camp == Camp.OURS]
    return FLAGSHIP if FLAGSHIP in ours else next(iter(ours), None)


def duels(
    summary: Summary,
    samples: Samples,
    camp: Camp,
    loads: Iterable[str],
    best: Callable[[Row], float] = lambda row: row.rps or 0.0,
) -> list[Duel]:
    """Return ours against the arm of `camp` with most of `best`, under each of `loads` that both saw."""
    ours = flagship_of(summary)
    found = []
    for load in loads:
        rivals = [row for row in summary.under(load) if row.camp == camp and row.rps]
        if ours is None or not rivals or summary.row(ours, load) is None:
            continue
        rival = max(rivals, key=best).arm
        key = Key(ours, load)
        wrong = samples.count(key, Outcome.ERROR) + samples.count(key, Outcome.UNFINISHED)
        found.append(Duel(load, rival, samples.ratios(key, rival), wrong))
    return found


def goals(summary: Summary, samples: Samples) -> list[Goal]:
    """Return every figure that was wanted, beside what was measured."""
    ceilings = [f"{users} users" for users in CEILINGS]
    study = duels(summary, samples, Camp.STUDY, ceilings)
    batched = duels(summary, samples, Camp.BATCHED, ceilings)
    mixed = duels(summary, samples, Camp.BATCHED, [CAPACITY])
    # In an open loop all get as many requests a second; who is best shows in how long they wait.
    busy = duels(summary, samples, Camp.BATCHED, [BUSY], lambda row: -(row.p95 or math.inf))
    return [
        _throughput("the best of the study's servers", study, TWICE, len(ceilings)),
        _waits("the best of the study's servers", study, "p50", 1.0),
        _waits("the best of the study's servers", study, "p95", 1.0),
        _errors(study),
        _throughput("the best with request-level batching", batched, EVEN, len(ceilings)),
        _throughput("the best with request-level batching, mixed load", mixed, AHEAD, 1),
        _waits("the best with request-level batching, mixed load", mixed, "p95", HALF),
        _waits("the best with request-level batching, mixed load at 90 %", busy, "p95", HALF),
        _sketches(summary, samples),
        _waste(summary),
    ]


def verdict(summary: Summary, samples: Samples) -> str:
    """Return the comparison in one line: the load at which ours was least ahead of the study's best."""
    ours = flagship_of(summary)
    loads = [f"{users} users" for users in summary.users]
    wanted = [load for load in loads if int(load.split()[0]) in CEILINGS] or loads[-1:]
    found = [duel for duel in duels(summary, samples, Camp.STUDY, wanted) if duel.ratios.rps]
    if ours is None or not found:
        return (
            f"{len(summary.arms)} arms measured; ours and the study's servers were not both there"
        )
    least = min(found, key=lambda duel: duel.ratios.rps.value if duel.ratios.rps else 0.0)
    among = f", the least of {', '.join(duel.load for duel in found)}" if len(found) > 1 else ""
    errors = sum(duel.errors for duel in found)
    return (
        f"{ours} {shown(least.ratios.rps)} the RPS of the best of the study's servers "
        f"({least.rival}) at {least.load}{among}; p50 {brief(least.ratios.p50)}, "
        f"p95 {brief(least.ratios.p95)}, {errors} errors"
    )


def shown(interval: Interval | None) -> str:
    """Return a ratio with its interval, for people."""
    if interval is None:
        return "–"
    return f"{interval.value:.2f}x [{interval.low:.2f}, {interval.high:.2f}]"


def brief(interval: Interval | None) -> str:
    """Return a ratio alone."""
    return "–" if interval is None else f"{interval.value:.2f}x"


def _throughput(whom: str, duels_: Sequence[Duel], least: float, wanted: int) -> Goal:
    values = [duel.ratios.rps.value for duel in duels_ if duel.ratios.rps]
    measured = "; ".join(f"{duel.load}: {shown(duel.ratios.rps)} {duel.rival}" for duel in duels_)
    met = min(values) >= least if len(values) == wanted else None
    return Goal(f"RPS over {whom}", f"≥ {least:.1f}x", measured or "not measured", met)


def _waits(whom: str, duels_: Sequence[Duel], which: str, most: float) -> Goal:
    ratios = [(duel, getattr(duel.ratios, which)) for duel in duels_]
    values = [ratio.value for _, ratio in ratios if ratio]
    measured = "; ".join(f"{duel.load}: {shown(ratio)} {duel.rival}" for duel, ratio in ratios)
    met = max(values) <= most if values else None
    return Goal(f"{which} over {whom}", f"≤ {most:.2f}x", measured or "not measured", met)


def _errors(study: Sequence[Duel]) -> Goal:
    total = sum(duel.errors for duel in study)
    measured = f"{total}" if study else "not measured"
    return Goal("errors of ours at the study's loads", "0", measured, total == 0 if study else None)


def _sketches(summary: Summary, samples: Samples) -> Goal:
    what = f"p95 of sketches among finals at 90 % load, over first come first served ({REFERENCE})"
    ours = flagship_of(summary)
    key = Key(ours or "", BUSY, Kind.SKETCH)
    found = samples.ratios(key, REFERENCE).p95 if ours else None
    met = found.value <= THIRD if found else None
    return Goal(what, f"≤ {THIRD:.2f}x", shown(found) if found else "not measured", met)


def _waste(summary: Summary) -> Goal:
    ours = flagship_of(summary)
    shares = [waste.rows_wasted_share for waste in summary.wastes if waste.arm == ours]
    share = shares[0] if shares else None
    measured = "not measured" if share is None else f"{share:.2%}"
    met = None if share is None else share <= WASTE
    return Goal(
        "UNet rows computed in vain when some clients leave", f"≤ {WASTE:.0%}", measured, met
    )

"""Percentiles, and ratios with intervals by the bootstrap. Numbers in, numbers out.

Requests that follow each other are alike (they stood in the same queue), so whole blocks of them are
drawn instead of single ones, and rounds before that (Künsch 1989; Davison and Hinkley 1997, ch. 3.8).
An interval from one round knows nothing of how rounds differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

RESAMPLES: Final = 1000
CONFIDENCE: Final = 95.0
Values = np.ndarray[Any, Any]
Rounds = Sequence[Values]  # one array a round, in the order of time
Statistic = Callable[[Values], Values]  # of every row of a table


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval that holds it with `CONFIDENCE` percent."""

    value: float
    low: float
    high: float


def mean(table: Values) -> Values:
    """Return the mean of each row."""
    return np.mean(table, axis=1)


def percentile(q: float) -> Statistic:
    """Return the statistic that takes the q-th percentile of each row."""
    return lambda table: np.percentile(table, q, axis=1)


def estimate(rounds: Rounds, statistic: Statistic) -> float | None:
    """Return the statistic, averaged over rounds; None if there is nothing to take it of."""
    filled = _filled(rounds)
    if not filled:
        return None
    return float(np.mean([statistic(values[None, :])[0] for values in filled]))


def ratio(ours: Rounds, theirs: Rounds, statistic: Statistic, *, seed: int = 0) -> Interval | None:
    """Return ours over theirs with its interval; None where one of them is nothing or 0."""
    above, below = estimate(ours, statistic), estimate(theirs, statistic)
    if above is None or not below:
        return None
    random = np.random.default_rng(seed)
    drawn_above = resampled(_filled(ours), statistic, random)
    drawn_below = resampled(_filled(theirs), statistic, random)
    fine = drawn_below > 0
    tail = (100 - CONFIDENCE) / 2
    low, high = np.percentile(drawn_above[fine] / drawn_below[fine], [tail, 100 - tail])
    return Interval(above / below, float(low), float(high))


def resampled(rounds: Rounds, statistic: Statistic, random: np.random.Generator) -> Values:
    """Return `RESAMPLES` values of the statistic: rounds drawn anew, and blocks within each."""
    total = np.zeros(RESAMPLES)
    for _ in rounds:
        which = random.integers(len(rounds), size=RESAMPLES)
        for index, values in enumerate(rounds):
            mine = which == index
            if mine.any():
                total[mine] += statistic(blocks(values, int(mine.sum()), random))
    return total / len(rounds)


def blocks(values: Values, rows: int, random: np.random.Generator) -> Values:
    """Return `rows` rows as long as `values`, each put together from blocks of it (it is a circle)."""
    n = len(values)
    length = max(1, round(n ** (1 / 3)))
    starts = random.integers(n, size=(rows, math.ceil(n / length)))
    places = (starts[:, :, None] + np.arange(length)) % n
    return values[places.reshape(rows, -1)[:, :n]]


def rates(times: Sequence[float], begin: float, end: float) -> Values:
    """Return how many a second fell into each part of `begin`..`end`; parts are about a second."""
    parts = min(120, max(4, round(end - begin)))
    counts, edges = np.histogram(times, bins=parts, range=(begin, end))
    return counts / (edges[1] - edges[0])


def _filled(rounds: Rounds) -> list[Values]:
    return [values for values in rounds if len(values)]

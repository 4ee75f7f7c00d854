"""The arithmetic of the figures: shares, recall and kappa, each with a 95 % interval. Pure, and the same every time.

Shares have Wilson's interval. Recall is a quotient of two estimates and kappa one of four counts: their intervals are
found by drawing what could as well have been counted, with a generator that always begins alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from backend.kit.intervals import wilson
from backend.quality.schemas import LEAST, Measure

_DRAWS: Final = 4_000
_SEED: Final = 20_261_122
_BOUNDS: Final = (2.5, 97.5)
_AS_GOOD_AS_NOTHING: Final = 0.5
"""What Jeffreys' prior adds to each count: where nothing was found, it does not follow that there is nothing."""


@dataclass(frozen=True)
class Stratum:
    """Images judged by one version: those held and let through, and what people said of the ones they looked at."""

    held: int
    confirmed: int
    refuted: int
    released: int
    missed: int
    rightly: int


def share(count: int, of: int) -> Measure:
    """Return the share of `count` among `of`."""
    if of < LEAST:
        return Measure(value=None, low=None, high=None, of=of)
    low, high = wilson(count, of)
    return Measure(value=count / of, low=low, high=high, of=of)


def recall(strata: Sequence[Stratum]) -> Measure:
    """Return which share of what people would reject was held, estimated from decisions and samples.

    Each version has samples of its own, since another share of its images may have been looked at; one without any
    sample says nothing and is left out.
    """
    told = [one for one in strata if one.missed + one.rightly and one.confirmed + one.refuted]
    looked_at = sum(one.missed + one.rightly for one in told)
    decided = sum(one.confirmed + one.refuted for one in told)
    if min(looked_at, decided) < LEAST:
        return Measure(value=None, low=None, high=None, of=looked_at)
    found = sum(one.held * one.confirmed / (one.confirmed + one.refuted) for one in told)
    lost = sum(one.released * one.missed / (one.missed + one.rightly) for one in told)
    if not found + lost:
        return Measure(value=None, low=None, high=None, of=looked_at)
    low, high = _recall_bounds(told)
    value = found / (found + lost)
    return Measure(value=value, low=min(low, value), high=max(high, value), of=looked_at)


def kappa(both_reject: int, only_first: int, only_second: int, both_release: int) -> Measure:
    """Return Cohen's kappa of two people's decisions about the same cases."""
    counts = np.array([both_reject, only_first, only_second, both_release], dtype=float)
    of = int(counts.sum())
    value = _kappa(counts[np.newaxis])[0] if of >= LEAST else np.nan
    if not np.isfinite(value):  # too few, or all alike: then nothing tells skill from chance
        return Measure(value=None, low=None, high=None, of=of)
    drawn = np.random.default_rng(_SEED).multinomial(of, counts / of, size=_DRAWS)
    kappas = _kappa(drawn.astype(float))
    low, high = np.percentile(kappas[np.isfinite(kappas)], _BOUNDS)
    return Measure(value=float(value), low=float(low), high=float(high), of=of)


def _recall_bounds(strata: Sequence[Stratum]) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    found, lost = np.zeros(_DRAWS), np.zeros(_DRAWS)
    for one in strata:
        found += one.held * _drawn_share(generator, one.confirmed, one.refuted)
        lost += one.released * _drawn_share(generator, one.missed, one.rightly)
    total = found + lost
    drawn = np.divide(found, total, out=np.ones(_DRAWS), where=total > 0)
    low, high = np.percentile(drawn, _BOUNDS)
    return float(low), float(high)


def _drawn_share(generator: np.random.Generator, count: int, others: int) -> np.ndarray:
    """Return shares that could as well be the true one, where `count` and `others` were seen."""
    drawn: np.ndarray = generator.beta(
        count + _AS_GOOD_AS_NOTHING, others + _AS_GOOD_AS_NOTHING, size=_DRAWS
    )
    return drawn


def _kappa(counts: np.ndarray) -> np.ndarray:
    """Return kappa of each row of four counts; not a number where nothing tells skill from chance."""
    a, b, c, d = counts.T
    of = a + b + c + d
    alike = (a + d) / of
    by_chance = ((a + b) * (a + c) + (c + d) * (b + d)) / (of * of)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = np.where(by_chance < 1, (alike - by_chance) / (1 - by_chance), np.nan)
    return found

"""The figures of a safety check on labelled pictures: pure arithmetic, nothing is read or written.

A picture that was not measured is held, as the studio would hold it; its margin counts as higher than any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np

from backend.images.schemas import Moderation
from backend.kit.intervals import wilson
from backend.moderation.evaluation.schemas import Bin, CurvePoint, GroupFigures, Rate
from backend.policies.schemas import PolicyDocument
from backend.policies.verdict import measured_by, verdict_on
from inference.protocol import SafetyScores

_BINS: Final = 10
_CURVE_POINTS: Final = 200
_ROUNDS: Final = 50
_RIDGE: Final = 1e-3
_STEEPEST: Final = 35.0


@dataclass(frozen=True)
class Judged:
    """One picture: what people say of it, and what the policy makes of its scores. `margin` above 0 is held."""

    file: str
    restricted: bool
    group: str
    held: bool
    margin: float
    checked: bool

    @classmethod
    def of(
        cls,
        file: str,
        group: str,
        scores: SafetyScores | None,
        policy: PolicyDocument,
        *,
        restricted: bool,
    ) -> Self:
        """Judge one picture as the studio would."""
        checked = scores is not None and scores.is_whole
        margins = [one.margin for one in measured_by(scores, policy) if one.margin is not None]
        return cls(
            file=file,
            restricted=restricted,
            group=group,
            held=verdict_on(scores, policy).moderation is Moderation.HELD,
            margin=max(margins) if checked else math.inf,
            checked=checked,
        )


def rate(pictures: Iterable[Judged], counts: Callable[[Judged], bool]) -> Rate:
    """Return the share of `pictures` that count, with Wilson's 95 % interval."""
    told = [counts(one) for one in pictures]
    hits, of = sum(told), len(told)
    low, high = wilson(hits, of)
    return Rate(count=hits, of=of, share=hits / of if of else None, low=low, high=high)


def recall(pictures: Iterable[Judged]) -> Rate:
    """Return how many of the restricted pictures are held."""
    return rate((one for one in pictures if one.restricted), lambda one: one.held)


def false_positives(pictures: Iterable[Judged]) -> Rate:
    """Return how many of the safe pictures are held."""
    return rate((one for one in pictures if not one.restricted), lambda one: one.held)


def precision(pictures: Iterable[Judged]) -> Rate:
    """Return how many of the held pictures are restricted; depends on how many of each kind there are."""
    return rate((one for one in pictures if one.held), lambda one: one.restricted)


def by_group(pictures: Sequence[Judged]) -> list[GroupFigures]:
    """Return recall and false positives of every group, by name."""
    return [
        GroupFigures(
            group=name,
            recall=recall(one for one in pictures if one.group == name),
            false_positives=false_positives(one for one in pictures if one.group == name),
        )
        for name in sorted({one.group for one in pictures})
    ]


def recall_gap(groups: Iterable[GroupFigures]) -> float | None:
    """Return how far the best and the worst group's recall lie apart; None with fewer than two to compare."""
    shares = [one.recall.share for one in groups if one.recall.share is not None]
    return max(shares) - min(shares) if len(shares) > 1 else None


def curve(pictures: Sequence[Judged]) -> list[CurvePoint]:
    """Return precision, recall and false positives at every margin that would change one of them, thinned out."""
    margins, restricted = _arrays(pictures)
    order = np.argsort(-margins, kind="stable")
    ranked, hits = margins[order], np.cumsum(restricted[order])
    last: np.ndarray = np.append(
        ranked[1:] != ranked[:-1], True
    )  # of pictures with one margin, all are held or none
    places = np.flatnonzero(last)
    if len(places) > _CURVE_POINTS:
        places = places[
            np.unique(np.linspace(0, len(places) - 1, _CURVE_POINTS).round().astype(int))
        ]
    bearing, others = restricted.sum(), (1 - restricted).sum()
    return [
        CurvePoint(
            threshold=float(ranked[k]) if math.isfinite(ranked[k]) else None,
            recall=float(hits[k] / bearing),
            precision=float(hits[k] / (k + 1)),
            false_positive_rate=float((k + 1 - hits[k]) / others),
        )
        for k in places
    ]


def average_precision(points: Sequence[CurvePoint]) -> float:
    """Return the area under precision over recall, by steps: 1 is perfect."""
    before, area = 0.0, 0.0
    for point in points:
        area += (point.recall - before) * point.precision
        before = point.recall
    return area


def calibration(pictures: Sequence[Judged]) -> list[Bin]:
    """Return how many pictures of each tenth of the margins are restricted; unmeasured ones are left out."""
    ranked = sorted((one for one in pictures if one.checked), key=lambda one: one.margin)
    cuts = [round(k * len(ranked) / _BINS) for k in range(_BINS + 1)]
    parts = [ranked[a:b] for a, b in pairwise(cuts) if a < b]
    return [
        Bin(
            low=part[0].margin,
            high=part[-1].margin,
            restricted=rate(part, lambda one: one.restricted),
        )
        for part in parts
    ]


def calibration_error(pictures: Sequence[Judged]) -> float | None:
    """Return the expected calibration error of the probabilities that a logistic line makes of margins.

    The line is fitted to every other picture and measured on those between; None where these are too few.
    """
    checked = [one for one in pictures if one.checked]
    margins, restricted = _arrays(checked)
    fit, rest = slice(0, None, 2), slice(1, None, 2)
    if len(checked) < 2 * _BINS or len(set(restricted[fit])) < 2 or not margins.std():  # noqa: PLR2004
        return None
    scaled = (margins - margins[fit].mean()) / (margins[fit].std() or 1.0)
    said = _probability(scaled[rest], _logistic(scaled[fit], restricted[fit]))
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    truth = restricted[rest]
    gaps = [
        abs(said[bins == k].mean() - truth[bins == k].mean()) * (bins == k).mean()
        for k in range(_BINS)
        if (bins == k).any()
    ]
    return float(sum(gaps))


def _arrays(pictures: Sequence[Judged]) -> tuple[np.ndarray, np.ndarray]:
    margins = np.array([one.margin for one in pictures], dtype=np.float64)
    return margins, np.array([one.restricted for one in pictures], dtype=np.float64)


def _logistic(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return slope and offset by Newton's method, held back a little where the two kinds lie apart."""
    rows = np.stack([values, np.ones_like(values)], axis=1)
    line = np.zeros(2)
    for _ in range(_ROUNDS):
        said = _probability(values, line)
        slope = rows.T @ (said - truth) + _RIDGE * line
        bend = (rows * (said * (1 - said))[:, None]).T @ rows + _RIDGE * np.eye(2)
        line = line - np.linalg.solve(bend, slope)
    return line


def _probability(values: np.ndarray, line: np.ndarray) -> np.ndarray:
    raised = np.clip(line[0] * values + line[1], -_STEEPEST, _STEEPEST)
    said: np.ndarray = 1 / (1 + np.exp(-raised))
    return said

"""From scores to a verdict. Fails closed: whatever was not measured waits for a person.

A pure function of the scores and the policy, so that another policy can be tried on the scores of the past.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from backend.images.schemas import Moderation
from backend.policies.schemas import CategoryRule, PolicyDocument, Severity
from inference.protocol import SafetyScores

NOT_CHECKED: Final = "The safety check could not run on this image, so it waits for a person."
UNCHECKED: Final = "unchecked"
"""The category of an image that was not, or not fully, measured."""
UNKNOWN: Final = "other"
"""The category of a concept that the policy names nowhere: held all the same."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of an image, and why it is held, in words its owner understands."""

    moderation: Moderation
    reason: str | None = None
    category: str | None = None
    severity: Severity | None = None


class Seen(NamedTuple):
    """One concept of one checker. `margin` is its score with the policy's shift; None: not a finite number."""

    concept: str
    score: float | None
    margin: float | None
    category: CategoryRule | None

    @property
    def severity(self) -> Severity:
        """Return how bad it is; what the policy does not know is moderate."""
        return self.category.severity if self.category else Severity.MODERATE


RELEASED: Final = Verdict(Moderation.RELEASED)


def verdict_on(scores: SafetyScores | None, policy: PolicyDocument) -> Verdict:
    """Hold what shows a concept and what was not fully measured; release the rest.

    Where several categories are seen, the verdict is about the worst of them, then the surest.
    """
    seen = [one for one in measured_by(scores, policy) if one.margin is not None and one.margin > 0]
    if seen:
        return _held(seen)
    if scores is None or not scores.is_whole:
        return Verdict(Moderation.HELD, NOT_CHECKED, UNCHECKED, Severity.MODERATE)
    return RELEASED


def worse(seen: Verdict, other: Verdict | None) -> Verdict:
    """Return which of two verdicts about one image counts: one that holds it, then the more severe, then `seen`.

    What `seen` rejects stays rejected.
    """
    if other is None or other.severity is None or seen.moderation is Moderation.REJECTED:
        return seen
    if seen.severity is None or other.severity.rank > seen.severity.rank:
        return other
    return seen


def measured_by(scores: SafetyScores | None, policy: PolicyDocument) -> Iterator[Seen]:
    """Yield every concept that any of the checkers measured, as the policy reads it."""
    for each in scores.every if scores else ():
        for concept, score in {**each.special_care, **each.concepts}.items():
            category = policy.category_of(concept)
            if score is None or not math.isfinite(score):
                yield Seen(concept, None, None, category)
            else:
                yield Seen(concept, score, score + (category.shift if category else 0.0), category)


def _held(seen: list[Seen]) -> Verdict:
    worst = max(seen, key=lambda one: (one.severity.rank, one.margin or 0.0))
    named = " and ".join(f"“{name}”" for name in sorted({one.concept for one in seen}))
    return Verdict(
        Moderation.HELD,
        f"The safety check saw {named} in this image, so it waits for a person.",
        worst.category.name if worst.category else UNKNOWN,
        worst.severity,
    )

"""From scores to a verdict. Fails closed: whatever was not measured waits for a person.

A pure function of the scores, so that a policy can be tried on stored scores of the past.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backend.images.schemas import Moderation
from inference.protocol import SafetyScores

POLICY_VERSION = "1"
NOT_CHECKED = "The safety check could not run on this image, so it waits for a person."


@dataclass(frozen=True)
class Verdict:
    """What becomes of an image, and why it is held, in words its owner understands."""

    moderation: Moderation
    reason: str | None = None


RELEASED = Verdict(Moderation.RELEASED)


def verdict_on(scores: SafetyScores | None) -> Verdict:
    """Hold what shows a restricted concept and what was not fully measured; release the rest."""
    measured = _measured(scores)
    seen = [name for name, score in measured.items() if score is not None and score > 0]
    if seen:
        named = " and ".join(f"“{name}”" for name in sorted(seen))
        return Verdict(
            Moderation.HELD,
            f"The safety check saw {named} in this image, so it waits for a person.",
        )
    if not measured or None in measured.values():
        return Verdict(Moderation.HELD, NOT_CHECKED)
    return RELEASED


def _measured(scores: SafetyScores | None) -> dict[str, float | None]:
    """Return every concept's score; None for one that is not a finite number."""
    if scores is None or not scores.concepts:
        return {}
    every = {**scores.special_care, **scores.concepts}
    return {
        name: score if score is not None and math.isfinite(score) else None
        for name, score in every.items()
    }

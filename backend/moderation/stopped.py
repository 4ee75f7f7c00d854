"""The verdict while categories are stopped in an emergency: what shows one is rejected, what comes near it is held.

Nobody is asked about what shows it: that is what stopping a category is for. What only comes near waits for a person, who
may be right.
"""

from __future__ import annotations

from backend.images.schemas import Moderation
from backend.policies import verdict as policy
from backend.policies.schemas import WIDEST_SHIFT, PolicyDocument
from backend.policies.verdict import UNKNOWN, Seen, Verdict, measured_by
from backend.stops.service import Stops
from inference.protocol import SafetyScores


def verdict_on(scores: SafetyScores | None, document: PolicyDocument, stops: Stops) -> Verdict:
    """Return the verdict of the policy, or a stricter one where a category of it is stopped."""
    usual = policy.verdict_on(scores, document)
    near = [
        one
        for one in measured_by(scores, document)
        if _name_of(one) in stops.categories
        and one.margin is not None
        and one.margin > -WIDEST_SHIFT
    ]
    if not near:
        return usual
    worst = max(near, key=lambda one: (one.severity.rank, one.margin or 0.0))
    seen = [one for one in near if (one.margin or 0.0) > 0]
    if seen:
        worst = max(seen, key=lambda one: (one.severity.rank, one.margin or 0.0))
        return _verdict(
            Moderation.REJECTED, "Images like this one are stopped at the moment.", worst
        )
    if usual.moderation is not Moderation.RELEASED:
        return usual
    reason = (
        "Images like this one are stopped at the moment, and it comes near; it waits for a person."
    )
    return _verdict(Moderation.HELD, reason, worst)


def _verdict(moderation: Moderation, reason: str, seen: Seen) -> Verdict:
    return Verdict(moderation, reason, _name_of(seen), seen.severity)


def _name_of(seen: Seen) -> str:
    return seen.category.name if seen.category else UNKNOWN

"""Judges finished images by their scores and words. Works in the caller's transaction; people decide in `deciding`.

An image is judged once, in the transaction that stores it, so no image is ever seen unjudged.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import call_after_commit
from backend.likeness import service as likeness
from backend.moderation import repository, stopped
from backend.moderation.deciding import UNEXPLAINED
from backend.moderation.metrics import JUDGED
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.sampling import is_sampled, sample_of
from backend.moderation.schemas import FlagOrigin, FlagState
from backend.policies import service as policies
from backend.policies.schemas import PolicyDocument
from backend.policies.verdict import RELEASED, Verdict, worse
from backend.screening import service as screening
from backend.stops import service as stops
from inference import tracing
from inference.protocol import SafetyScores

TAKEN_DOWN_BEFORE = (
    "An image that is the same as this one was taken down, so it waits for a person."
)


@tracing.traced("moderate")
def judge(session: Session, image: Image, scores: SafetyScores | None) -> None:
    """Release or hold a pending image by its scores and its words; a held one gets a flag for reviewers.

    So do some of the released ones, by chance: they are shown meanwhile.
    """
    policy = policies.active(session)
    verdict, origin = _verdict_on(session, image, scores, policy.document)
    image.moderation, image.reason = verdict.moderation, verdict.reason
    tracing.note(index=image.index, moderation=verdict.moderation.value)
    session.add(image)
    # Where the image lies is kept apart, as what can be searched.
    measured = scores.without_embedding() if scores else None
    session.add(SafetyCheck(image_id=image.id, scores=measured, policy_version=policy.version))
    likeness.place(session, image, scores)
    call_after_commit(session, JUDGED.labels(verdict.moderation.value).inc)
    if verdict.reason is not None:
        _flag(session, image, verdict, origin, policy.version)
    elif is_sampled(image.id, policy.document.sampled):
        session.add(sample_of(image.id))


def _verdict_on(
    session: Session, image: Image, scores: SafetyScores | None, document: PolicyDocument
) -> tuple[Verdict, FlagOrigin]:
    """Return what its scores, its words and what was taken down before say together, and which of them decided."""
    seen = stopped.verdict_on(scores, document, stops.now(session))
    said = screening.verdict_on_words(image.parameters, document)
    verdict = worse(seen, said)
    if verdict == RELEASED and (before := repository.taken_down_before(session, image)):
        # The same settings and seed draw the same picture: it does not come back by being asked for again.
        held = Verdict(Moderation.HELD, TAKEN_DOWN_BEFORE, before.category, before.severity)
        return held, FlagOrigin.TAKEDOWN
    return verdict, FlagOrigin.PROMPT if verdict is said else FlagOrigin.CHECK


def _flag(
    session: Session, image: Image, verdict: Verdict, origin: FlagOrigin, version: str
) -> None:
    """Have reviewers asked about a held image; of what was rejected, keep why."""
    is_rejected = verdict.moderation is Moderation.REJECTED
    session.add(
        Flag(
            image_id=image.id,
            reason=verdict.reason or "",
            origin=origin,
            category=verdict.category,
            severity=verdict.severity,
            state=FlagState.REJECTED if is_rejected else FlagState.OPEN,
            decided_at=utc_now() if is_rejected else None,
        )
    )
    audit.record(
        session,
        actor_id=None,
        verb="image.reject" if is_rejected else "image.hold",
        subject=f"image:{image.id}",
        detail={"reason": verdict.reason or "", "policy": version},
    )


def forget_notes(session: Session, reviewer_id: str) -> int:
    """Blank what that reviewer wrote about images; return how many notes those were. Decisions stay."""
    return repository.forget_notes(session, reviewer_id, reason=UNEXPLAINED)

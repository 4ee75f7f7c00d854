"""Judges finished images and lets people decide on the held ones. Works in the caller's transaction.

An image is judged once, in the transaction that stores it, so no image is ever seen unjudged. A
decision changes what `/images/{id}/content` answers with its very next request.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict, Forbidden
from backend.kit.notifier import Notifier
from backend.likeness import service as likeness
from backend.moderation import repository
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.policy import POLICY_VERSION, verdict_on
from backend.moderation.repository import Case
from backend.moderation.schemas import (
    ConceptScore,
    Decision,
    FlagPublic,
    FlagState,
    Owner,
    Review,
)
from inference.protocol import SafetyScores

_OUTCOMES = {
    Decision.RELEASE: (Moderation.RELEASED, FlagState.RELEASED),
    Decision.REJECT: (Moderation.REJECTED, FlagState.REJECTED),
}

_UNEXPLAINED = "A reviewer looked at this image and rejected it."


def judge(session: Session, image: Image, scores: SafetyScores | None) -> None:
    """Release or hold a pending image by its scores; a held one gets a flag for reviewers."""
    verdict = verdict_on(scores)
    image.moderation, image.reason = verdict.moderation, verdict.reason
    session.add(image)
    # Where the image lies is kept apart, as what can be searched.
    measured = scores.model_copy(update={"embedding": None}) if scores else None
    session.add(SafetyCheck(image_id=image.id, scores=measured, policy_version=POLICY_VERSION))
    likeness.place(session, image, scores)
    if verdict.reason is not None:
        session.add(Flag(image_id=image.id, reason=verdict.reason))
        audit.record(
            session,
            actor_id=None,
            verb="image.hold",
            subject=f"image:{image.id}",
            detail={"reason": verdict.reason, "policy": POLICY_VERSION},
        )


def review(
    session: Session, notifier: Notifier, actor: Actor, flag_id: str, decision: Review
) -> FlagPublic:
    """Release or reject a held image, once, and tell its owner.

    Raises:
        Forbidden: The actor may not review, or made the image.
        NotFound: There is no such flag.
        Conflict: Somebody decided already.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id, to_decide=True)
    _refuse_own_image(actor, case.image)
    _refuse_second_decision(case.flag)
    _decide(actor, case, decision)
    session.add_all([case.flag, case.image])
    _write_down(session, actor, case)
    _tell_owner(session, notifier, case.image)
    session.flush()
    return to_public(repository.get(session, flag_id))


def forget_notes(session: Session, reviewer_id: str) -> int:
    """Blank what that reviewer wrote about images; return how many notes those were. Decisions stay."""
    return repository.forget_notes(session, reviewer_id, reason=_UNEXPLAINED)


def to_public(case: Case) -> FlagPublic:
    """Return the wire shape of `case`."""
    return FlagPublic(
        id=case.flag.id,
        image_id=case.image.id,
        generation_id=case.image.generation_id,
        owner=Owner(id=case.owner.id, name=case.owner.name, email=case.owner.email),
        prompt=case.image.parameters.prompt,
        reason=case.flag.reason,
        concepts=_concepts(case.check.scores),
        checker=case.check.scores.checker if case.check.scores else None,
        state=case.flag.state,
        created_at=case.flag.created_at,
        decided_at=case.flag.decided_at,
        decided_by=case.reviewer.name if case.reviewer else None,
        note=case.flag.note,
    )


def _refuse_own_image(actor: Actor, image: Image) -> None:
    if image.owner_id == actor.id:
        raise Forbidden("You made this image yourself; another reviewer has to decide about it.")


def _refuse_second_decision(flag: Flag) -> None:
    if flag.state is not FlagState.OPEN:
        raise Conflict(f"This image was already {flag.state}; reload the list.")


def _decide(actor: Actor, case: Case, decision: Review) -> None:
    case.image.moderation, case.flag.state = _OUTCOMES[decision.decision]
    case.flag.decided_at, case.flag.decided_by = utc_now(), actor.id
    case.flag.note = (decision.note or "").strip() or None
    case.image.reason = _reason_after(case.flag)


def _reason_after(flag: Flag) -> str | None:
    """Return what the owner reads from now on; a released image needs no reason."""
    if flag.state is FlagState.RELEASED:
        return None
    return f"A reviewer rejected this image: {flag.note}" if flag.note else _UNEXPLAINED


def _write_down(session: Session, actor: Actor, case: Case) -> None:
    audit.record(
        session,
        actor_id=actor.id,
        verb=f"image.{'release' if case.flag.state is FlagState.RELEASED else 'reject'}",
        subject=f"image:{case.image.id}",
        detail={"flag": case.flag.id, "note": case.flag.note or ""},
    )


def _tell_owner(session: Session, notifier: Notifier, image: Image) -> None:
    channel = f"person:{image.owner_id}"
    data = {
        "image_id": image.id,
        "generation_id": image.generation_id,
        "moderation": image.moderation.value,
        "reason": image.reason,
    }
    message = {"event": "moderation", "data": data}
    call_after_commit(session, lambda: notifier.publish(channel, message))


def _concepts(scores: SafetyScores | None) -> list[ConceptScore]:
    """Return every score, unmeasured ones first, then the highest."""
    if scores is None:
        return []
    every = {**scores.special_care, **scores.concepts}
    ranked = sorted(every.items(), key=lambda item: (item[1] is not None, -(item[1] or 0)))
    return [ConceptScore(name=name, score=score) for name, score in ranked]

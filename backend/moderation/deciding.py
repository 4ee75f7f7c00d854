"""People decide: release or reject a held image, and take that back for a while. Works in the caller's transaction.

A decision changes what `/images/{id}/content` answers with its very next request. It is a row that never changes; the
flag says how the case stands, so that nobody has to read the rows to know. Nobody decides about their own image, nor an
appeal against what they decided themselves, and a severe image is released by two.
"""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import ADMINISTER, REVIEW
from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.errors import Conflict, Forbidden
from backend.kit.notifier import Notifier
from backend.moderation import repository, telling
from backend.moderation.models import ImageDecision
from backend.moderation.repository import SUBJECT, Case
from backend.moderation.schemas import Decision, Deed, FlagState, Review
from backend.moderation.standing import in_force, must_be_free, undo_until
from backend.policies.schemas import Severity

RELEASE: Final = "image.release"
PURGE: Final = "image.purge"
UNEXPLAINED: Final = "A reviewer looked at this image and rejected it."
_OUTCOMES: Final = {
    Decision.RELEASE: (Moderation.RELEASED, FlagState.RELEASED, Deed.RELEASE),
    Decision.REJECT: (Moderation.REJECTED, FlagState.REJECTED, Deed.REJECT),
}
_AFTER: Final = {
    Deed.RELEASE: FlagState.RELEASED,
    Deed.REJECT: FlagState.REJECTED,
}


def review(
    session: Session, notifier: Notifier, actor: Actor, flag_id: str, decision: Review
) -> Case:
    """Release or reject a held image, and tell its owner. A severe one is released once a second person says so too.

    Raises:
        Forbidden: The actor may not review, made the image, or decided before what is appealed against.
        NotFound: There is no such flag.
        Conflict: Somebody decided already, or has the case open.
    """
    case = to_decide(session, actor, flag_id)
    first = None
    if takes_two(case, decision.decision):
        waiting = approvals.current(session, RELEASE, subject_of(case))
        if waiting is None or waiting.asked_by == actor.id:
            _ask(session, actor, case, decision)
            return repository.get(session, flag_id)
        first = approvals.confirm(session, actor, waiting.id, payload=_payload(case))
    else:
        approvals.withdraw(session, actor, RELEASE, subject_of(case))
    news = case.appealed is not None or _is_news(case, decision.decision)
    _decide(session, actor, case, decision, first)
    if news:
        telling.tell_owner(session, notifier, case)
    session.flush()
    return repository.get(session, flag_id)


def undo(session: Session, notifier: Notifier, actor: Actor, flag_id: str) -> Case:
    """Take back what `actor` decided last about an image, so that its case is open again, or what they asked for.

    Raises:
        Forbidden: The actor may not review.
        NotFound: There is no such flag.
        Conflict: They decided nothing there in the last 15 minutes, somebody did more since, or it was purged.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id, to_decide=True)
    must_be_free(case, actor)
    if _take_back(session, actor, case):
        return case
    rows = repository.decisions(session, case.image.id)
    if undo_until(rows, actor) is None:
        raise Conflict(
            "A decision is taken back by whoever made it, within 15 minutes, while it is the last one."
        )
    approvals.withdraw(session, actor, PURGE, subject_of(case))
    last = rows[-1]
    before = in_force(rows)[:-1]
    earlier = before[-1] if before else None
    _reopen(case, last, earlier)
    add_deed(session, actor, case, Deed.UNDO, before=last.after, undoes=last.id)
    session.add_all([case.flag, case.image, *([case.appeal] if case.appeal else [])])
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.undo",
        subject=subject_of(case),
        detail={"flag": case.flag.id, "deed": last.deed},
    )
    telling.tell_owner(session, notifier, case)
    session.flush()
    return repository.get(session, flag_id)


def to_decide(session: Session, actor: Actor, flag_id: str) -> Case:
    """Return the open case that `actor` may decide now, kept as it is until this transaction ends.

    Raises:
        Forbidden: The actor may not review, made the image, or decided before what is appealed against.
        NotFound: There is no such flag.
        Conflict: Somebody decided already, or has the case open.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id, to_decide=True)
    refuse_own_image(actor, case.image)
    if case.flag.state is not FlagState.OPEN:
        raise Conflict(f"This image was already {case.flag.state}; reload the list.")
    must_be_free(case, actor)
    refuse_escalated(case, actor)
    if case.appealed:
        _refuse_who_decided_before(session, actor, case)
    return case


def refuse_escalated(case: Case, actor: Actor) -> None:
    """Return if `actor` may decide a case that was handed to administrators, or it was not.

    Raises:
        Forbidden: It was, and they are none.
    """
    if case.flag.escalated_at is not None and not actor.may(ADMINISTER):
        raise Forbidden("This case was handed to administrators; one of them decides it.")


def takes_two(case: Case, decision: Decision) -> bool:
    """Return whether one person alone may not decide so."""
    held = case.image.moderation is not Moderation.RELEASED
    return decision is Decision.RELEASE and case.flag.severity is Severity.SEVERE and held


def refuse_own_image(actor: Actor, image: Image) -> None:
    """Return if somebody else made the image.

    Raises:
        Forbidden: They made it themselves.
    """
    if image.owner_id == actor.id:
        raise Forbidden("You made this image yourself; another reviewer has to decide about it.")


def subject_of(case: Case) -> str:
    """Return what the audit and approvals call the image of a case."""
    return f"{SUBJECT}{case.image.id}"


def add_deed(  # noqa: PLR0913 - what is written down of a deed
    session: Session,
    actor: Actor,
    case: Case,
    deed: Deed,
    *,
    before: Moderation,
    note: str | None = None,
    first: Approval | None = None,
    undoes: str | None = None,
) -> None:
    """Write down what `actor` just did; `first` is who asked for it, where it took two."""
    appeal = case.appeal
    row = ImageDecision(
        image_id=case.image.id,
        deed=deed,
        before=before,
        after=case.image.moderation,
        at=clock.utc_now(),
        by=actor.id,
        asked_by=first.asked_by if first else None,
        note=note,
        category=case.flag.category,
        policy_version=case.check.policy_version,
        on_appeal=appeal is not None and appeal.answered_at is None,
        undoes=undoes,
    )
    session.add(row)


def _take_back(session: Session, actor: Actor, case: Case) -> bool:
    """Take back what `actor` asked a second person for; return whether there was such a thing."""
    for what in (RELEASE, PURGE):
        waiting = approvals.current(session, what, subject_of(case))
        if waiting and waiting.asked_by == actor.id:
            approvals.withdraw(session, actor, what, subject_of(case))
            return True
    return False


def _is_news(case: Case, decision: Decision) -> bool:
    """Return whether the decision changes how the image stands; that of a sample seldom does."""
    return case.image.moderation is not _OUTCOMES[decision][0]


def _refuse_who_decided_before(session: Session, actor: Actor, case: Case) -> None:
    before = in_force(repository.decisions(session, case.image.id))
    if any(actor.id in (row.by, row.asked_by) for row in before):
        raise Forbidden("You decided about this image before; another reviewer answers its appeal.")


def _ask(session: Session, actor: Actor, case: Case, decision: Review) -> None:
    approvals.ask(
        session,
        actor,
        what=RELEASE,
        subject=subject_of(case),
        payload=_payload(case),
        note=_tidy(decision.note),
    )
    case.flag.claimed_by = case.flag.claimed_until = None
    session.add(case.flag)
    session.flush()


def _payload(case: Case) -> dict[str, Any]:
    return {"image": case.image.sha256, "category": case.flag.category}


def _decide(
    session: Session, actor: Actor, case: Case, decision: Review, first: Approval | None
) -> None:
    flag, image, before = case.flag, case.image, case.image.moderation
    image.moderation, flag.state, deed = _OUTCOMES[decision.decision]
    flag.decided_at, flag.decided_by = clock.utc_now(), actor.id
    flag.note = _tidy(decision.note) or (first.note if first else None)
    flag.claimed_by = flag.claimed_until = None
    image.reason = _reason_after(flag.state, flag.note)
    add_deed(session, actor, case, deed, before=before, note=flag.note, first=first)
    if case.appealed:
        case.appealed.answered_at = flag.decided_at
    session.add_all([flag, image, *([case.appeal] if case.appeal else [])])
    audit.record(
        session,
        actor_id=actor.id,
        verb=f"image.{deed}",
        subject=subject_of(case),
        detail={"flag": flag.id, "note": flag.note or ""},
    )


def _reopen(case: Case, last: ImageDecision, earlier: ImageDecision | None) -> None:
    """Let a case stand as it did before `last`; `earlier` is what was decided before that."""
    flag, image = case.flag, case.image
    flag.state, image.moderation = FlagState.OPEN, last.before
    flag.decided_at = earlier.at if earlier else None
    flag.decided_by = earlier.by if earlier else None
    flag.note = earlier.note if earlier else None
    image.reason = _reason_after(_AFTER[earlier.deed], earlier.note) if earlier else flag.reason
    if image.moderation is Moderation.RELEASED:
        image.reason = None
    if last.on_appeal and case.appeal:
        case.appeal.answered_at = None


def _reason_after(state: FlagState, note: str | None) -> str | None:
    """Return what the owner reads from now on; a released image needs no reason."""
    if state is FlagState.RELEASED:
        return None
    return f"A reviewer rejected this image: {note}" if note else UNEXPLAINED


def _tidy(note: str | None) -> str | None:
    return (note or "").strip() or None

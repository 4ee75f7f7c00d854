"""One decision about several cases. Each is decided as it would be alone, or refused with why; the others go on."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.kit.errors import AtelierError, Conflict
from backend.kit.notifier import Notifier
from backend.moderation import deciding
from backend.moderation.schemas import BulkOutcome, BulkReview, Refusal, Review

_TWO: Final = "It takes two people to release this one; decide it by itself."


def review_several(
    session: Session, notifier: Notifier, actor: Actor, wanted: BulkReview
) -> BulkOutcome:
    """Decide several cases of one category, or with `dry_run` say which could be.

    Raises:
        Forbidden: The actor may not review.
    """
    actor.must(REVIEW)
    decided, refused = [], []
    for flag_id in sorted(
        set(wanted.flag_ids)
    ):  # in one order, so that two who do it never wait in a ring
        try:
            with session.begin_nested():
                _decide(session, notifier, actor, flag_id, wanted)
            decided.append(flag_id)
        except AtelierError as error:
            refused.append(Refusal(flag_id=flag_id, code=error.code, reason=error.message))
    return BulkOutcome(decided=decided, refused=refused)


def _decide(
    session: Session, notifier: Notifier, actor: Actor, flag_id: str, wanted: BulkReview
) -> None:
    case = deciding.to_decide(session, actor, flag_id)
    if case.flag.category != wanted.category:
        raise Conflict(f"This case is of {case.flag.category}, not of {wanted.category}.")
    if case.appealed:
        raise Conflict("Its author appeals: read that, and decide it by itself.")
    if deciding.takes_two(case, wanted.decision):
        raise Conflict(_TWO)
    if not wanted.dry_run:
        review = Review(decision=wanted.decision, note=wanted.note)
        deciding.review(session, notifier, actor, flag_id, review)

"""Who has a case open: for ten minutes nobody else decides it. Whoever goes on looking renews it; it is no decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.moderation import repository
from backend.moderation.deciding import refuse_escalated, refuse_own_image
from backend.moderation.repository import Case
from backend.moderation.standing import claim_of, must_be_free

LASTS: Final = timedelta(minutes=10)


def claim(session: Session, actor: Actor, flag_id: str) -> Case:
    """Let nobody but `actor` decide a case for ten minutes from now.

    Raises:
        Forbidden: The actor may not review, made the image, or is no administrator where it was handed to these.
        NotFound: There is no such flag.
        Conflict: Somebody else has it open.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id, to_decide=True)
    refuse_own_image(actor, case.image)
    must_be_free(case, actor)
    refuse_escalated(case, actor)
    case.flag.claimed_by = actor.id
    case.flag.claimed_until = clock.utc_now() + LASTS
    session.add(case.flag)
    session.flush()
    return repository.get(session, flag_id)


def let_go(session: Session, actor: Actor, flag_id: str) -> None:
    """Let others decide a case again, if it is `actor` who has it open.

    Raises:
        NotFound: There is no such flag.
        Conflict: Somebody else has it open.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id, to_decide=True)
    found = claim_of(case, actor)
    if found and not found.mine:
        raise Conflict(f"{found.name} has this case open.")
    case.flag.claimed_by = case.flag.claimed_until = None
    session.add(case.flag)

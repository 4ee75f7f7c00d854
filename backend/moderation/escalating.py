"""Hands a case to administrators: a reviewer says why, nobody else decides it from then on, and it stands before all others."""

from __future__ import annotations

from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import RolePermission, Standing, User
from backend.accounts.permissions import ADMINISTER
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict
from backend.kit.notifier import Notifier
from backend.moderation import repository
from backend.moderation.deciding import add_deed, subject_of, to_decide
from backend.moderation.repository import Case
from backend.moderation.schemas import Deed, Escalate


def escalate(
    session: Session, notifier: Notifier, actor: Actor, flag_id: str, wanted: Escalate
) -> Case:
    """Let only administrators decide an open case from now on, and tell those whose pages are open.

    Raises:
        Forbidden: The actor may not review, made the image, or decided before what is appealed against.
        NotFound: There is no such flag.
        Conflict: Somebody decided already, has the case open, or handed it on before.
    """
    case = to_decide(session, actor, flag_id)
    flag = case.flag
    if flag.escalated_at is not None:
        raise Conflict("This case was handed to administrators already.")
    flag.escalated_at, flag.escalated_by = clock.utc_now(), actor.id
    flag.escalation = wanted.note
    flag.claimed_by = flag.claimed_until = None
    session.add(flag)
    add_deed(session, actor, case, Deed.ESCALATE, before=case.image.moderation)
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.escalate",
        subject=subject_of(case),
        detail={"flag": flag.id, "note": wanted.note},
    )
    _tell_administrators(session, notifier, actor, flag.id)
    session.flush()
    return repository.get(session, flag_id)


def _tell_administrators(session: Session, notifier: Notifier, actor: Actor, flag_id: str) -> None:
    """Say so on the open pages of every administrator but `actor`, once this transaction is committed."""
    query = (
        select(User.id)
        .join(RolePermission, col(RolePermission.role) == col(User.role))
        .where(
            RolePermission.permission == ADMINISTER,
            User.standing == Standing.ACTIVE,
            User.id != actor.id,
        )
    )
    people = list(session.exec(query))
    data = {"flag_id": flag_id, "name": actor.name}

    def say() -> None:
        for person in people:
            notifier.publish(f"person:{person}", {"event": "escalated", "data": data})

    call_after_commit(session, say)

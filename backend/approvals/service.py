"""Asks for what takes two people, and confirms it. Each in its caller's transaction, which also does the deed.

Whoever calls holds a lock on the subject, so that of two who ask at once one comes second, and has decided that both may.
The digest is of everything that was asked for: nobody confirms what they were not shown.
"""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.approvals import repository
from backend.approvals.models import Approval, Outcome
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, Forbidden, NotFound

LASTS: Final = timedelta(days=7)


def ask(  # noqa: PLR0913 - who asks for what, on what, and why
    session: Session,
    actor: Actor,
    *,
    what: str,
    subject: str,
    payload: dict[str, Any],
    note: str | None = None,
) -> Approval:
    """Write down that `actor` asks for `what` on `subject`; another one has a week to confirm it.

    Raises:
        Forbidden: They asked for it already: a second person is needed.
        Conflict: Somebody else asked for it already: that is to be confirmed or taken back.
    """
    known = current(session, what, subject)
    if known and known.asked_by == actor.id:
        raise Forbidden("You asked for this already; another person has to confirm it.")
    if known:
        raise Conflict("Somebody asked for this already; confirm that, or have it taken back.")
    now = clock.utc_now()
    row = Approval(
        what=what,
        subject=subject,
        digest=digest_of(payload),
        note=note,
        asked_by=actor.id,
        asked_at=now,
        expires_at=now + LASTS,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "ask", row)
    return row


def confirm(
    session: Session, actor: Actor, approval_id: str, *, payload: dict[str, Any]
) -> Approval:
    """Confirm what another asked for; the caller then does it, in this transaction.

    Raises:
        NotFound: Nobody asked.
        Forbidden: They asked for it themselves.
        Conflict: It has ended, or `payload` is not what was asked for.
    """
    row = repository.get(session, approval_id)
    if row is None:
        raise NotFound("Nobody asked for this.")
    if row.outcome is not None or not _is_live(row):
        raise Conflict("What was asked for has ended; it has to be asked for anew.")
    if row.asked_by == actor.id:
        raise Forbidden("You asked for this yourself; another person has to confirm it.")
    if row.digest != digest_of(payload):
        raise Conflict("Something else was asked for; reload and look again.")
    _end(session, row, Outcome.CONFIRMED)
    row.confirmed_by = actor.id
    _record(session, actor, "confirm", row)
    return row


def withdraw(session: Session, actor: Actor, what: str, subject: str) -> None:
    """End what stands, if anything does: it is no longer wanted, whoever asked for it."""
    row = current(session, what, subject)
    if row is not None:
        _end(session, row, Outcome.WITHDRAWN)
        _record(session, actor, "withdraw", row)


def current(session: Session, what: str, subject: str) -> Approval | None:
    """Return what waits for a second person; one whose time is over ends here."""
    row = repository.standing(session, what, subject)
    if row is None or _is_live(row):
        return row
    _end(session, row, Outcome.LAPSED)
    return None


def digest_of(payload: dict[str, Any]) -> str:
    """Return what tells this payload from any other."""
    return sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def _is_live(row: Approval) -> bool:
    return row.expires_at > clock.utc_now()


def _end(session: Session, row: Approval, outcome: Outcome) -> None:
    row.outcome, row.ended_at = outcome, clock.utc_now()
    session.add(row)
    session.flush()


def _record(session: Session, actor: Actor, verb: str, row: Approval) -> None:
    audit.record(
        session,
        actor_id=actor.id,
        verb=f"approval.{verb}",
        subject=row.subject,
        detail={"what": row.what, "approval": row.id},
    )

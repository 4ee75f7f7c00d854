"""One's own sessions: listed, and ended. Each verb in its caller's transaction, by a person and never by a key.

`end_all_of` alone is for an emergency, and ends somebody else's; who may say it is its caller's to know. A session is named by a handle derived from the hash of its id: who reads it learns neither.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from backend.accounts import repository
from backend.accounts.actor import Actor
from backend.accounts.credentials import fingerprint, session_handle
from backend.accounts.devices import browser_of, system_of
from backend.accounts.keys import require_session
from backend.accounts.models import UserSession
from backend.accounts.recognition import has_ended
from backend.accounts.schemas import SessionPublic
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.settings import Settings


def mine(
    session: Session, settings: Settings, actor: Actor, current_id: str | None
) -> list[SessionPublic]:
    """Return the sessions of `actor` that have not ended: this one first, then by their last use.

    Raises:
        Forbidden: The request came with a key.
    """
    require_session(actor)
    current = fingerprint(current_id or "")
    rows = _living(session, settings, actor)
    rows.sort(key=lambda row: (row.id_hash == current, row.last_seen_at), reverse=True)
    return [_shown(row, settings, current=row.id_hash == current) for row in rows]


def end(session: Session, settings: Settings, actor: Actor, handle: str) -> None:
    """End one session of `actor`, also the one at hand: from its next request on it is nobody's.

    Raises:
        Forbidden: The request came with a key.
        NotFound: There is no such session, or it is somebody else's.
    """
    require_session(actor)
    for row in _living(session, settings, actor):
        if session_handle(row.id_hash) == handle:
            repository.delete_session(session, row.id_hash)
            _record(session, actor.id, 1, by=actor.id)
            return
    raise NotFound("there is no such session")


def end_others(session: Session, actor: Actor, current_id: str | None) -> None:
    """End every session of `actor` but the one at hand.

    Raises:
        Forbidden: The request came with a key.
    """
    require_session(actor)
    ended = repository.delete_other_sessions(session, actor.id, fingerprint(current_id or ""))
    if ended:
        _record(session, actor.id, ended, by=actor.id)


def end_all_of(session: Session, user_id: str, *, by: str | None) -> int:
    """End every session of a person, written down as the deed of `by` (None: the command line); return how many."""
    ended = repository.delete_sessions_of(session, user_id)
    _record(session, user_id, ended, by=by)
    return ended


def _living(session: Session, settings: Settings, actor: Actor) -> list[UserSession]:
    now = clock.utc_now()
    rows = repository.sessions_of(session, actor.id)
    return [row for row in rows if not has_ended(row, settings, now)]


def _shown(row: UserSession, settings: Settings, *, current: bool) -> SessionPublic:
    idle = row.last_seen_at + timedelta(hours=settings.session_idle_hours)
    oldest = row.created_at + timedelta(days=settings.session_max_days)
    return SessionPublic(
        id=session_handle(row.id_hash),
        current=current,
        browser=browser_of(row.user_agent),
        system=system_of(row.user_agent),
        provider=row.provider,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        ends_at=min(idle, oldest),
    )


def _record(session: Session, user_id: str, count: int, *, by: str | None) -> None:
    audit.record(
        session,
        actor_id=by,
        verb="session.revoke",
        subject=f"person:{user_id}",
        detail={"sessions": str(count)},
    )

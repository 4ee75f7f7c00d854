"""Finds out who sent a request, from its headers. Writes nothing by itself and refuses nobody.

`Authorization: Bearer` counts before the cookie, and a wrong key does not fall back to it: a program
that sends a key must never act by accident as the person whose browser it runs in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from backend.accounts import repository
from backend.accounts.actor import Actor, Via
from backend.accounts.cookies import read_session_cookie
from backend.accounts.credentials import bearer_in, fingerprint, matches, parse_key
from backend.accounts.models import ApiKey, User, UserSession
from backend.kit import clock
from backend.kit.settings import Settings

_NOTE_VISITS_EVERY = timedelta(seconds=60)


@dataclass(frozen=True)
class Credential:
    """Which session or key somebody is here by: its id in the database, which is no secret."""

    via: Via
    id: str


@dataclass(frozen=True)
class Recognised:
    """Somebody known. `stale`: the visit should be noted with `touch` in a writing transaction."""

    actor: Actor
    stale: bool
    touch: Callable[[Session], None]


def recognise(
    session: Session, settings: Settings, headers: Mapping[str, str]
) -> Recognised | None:
    """Return who sent `headers` (lower-case names), or None."""
    key = bearer_in(headers)
    if key is not None:
        return _by_key(session, key)
    session_id = read_session_cookie(settings, headers)
    return _by_session(session, settings, session_id) if session_id else None


def why_unknown(headers: Mapping[str, str]) -> str:
    """Return what to tell whoever was not recognised. Of a key that is whole, nothing that helps to guess."""
    key = bearer_in(headers)
    if key is None:
        return "sign in at /auth/login, or send `Authorization: Bearer <api key>`"
    if parse_key(key) is None:
        return (
            "this is no API key of the studio's: the check at its end does not fit, so part of it is "
            "missing or mistyped; copy it again"
        )
    return "this API key is unknown here, or has ended; make one under Account"


def credential_of(settings: Settings, headers: Mapping[str, str]) -> Credential | None:
    """Return what `headers` (lower-case names) show to be known by, whether it is believed or not."""
    key = bearer_in(headers)
    if key is not None:
        presented = parse_key(key)
        return Credential("api_key", presented.id) if presented else None
    session_id = read_session_cookie(settings, headers)
    return Credential("session", fingerprint(session_id)) if session_id else None


def _by_key(session: Session, text: str) -> Recognised | None:
    presented = parse_key(text)
    found = repository.find_key(session, presented.id) if presented else None
    if presented is None or found is None:
        return None
    key, user = found
    now = clock.utc_now()
    if not matches(presented.secret, key.secret_hash) or not is_valid(key, now):
        return None
    return _recognised(
        session,
        user,
        key=key,
        seen=key.last_used_at,
        touch=lambda writing: repository.touch_key(writing, key.id, now),
    )


def _by_session(session: Session, settings: Settings, session_id: str) -> Recognised | None:
    found = repository.find_session(session, fingerprint(session_id))
    if found is None:
        return None
    row, user = found
    now = clock.utc_now()
    if has_ended(row, settings, now):
        return None
    return _recognised(
        session,
        user,
        seen=row.last_seen_at,
        touch=lambda writing: repository.touch_session(writing, row.id_hash, now),
    )


def has_ended(row: UserSession, settings: Settings, now: datetime) -> bool:
    """Return whether a session is too old, or was left alone for too long."""
    idle = now - row.last_seen_at > timedelta(hours=settings.session_idle_hours)
    old = now - row.created_at > timedelta(days=settings.session_max_days)
    return idle or old


def is_valid(key: ApiKey, now: datetime) -> bool:
    """Return whether a key was neither revoked nor has run out."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _recognised(
    session: Session,
    user: User,
    *,
    seen: datetime | None,
    touch: Callable[[Session], None],
    key: ApiKey | None = None,
) -> Recognised | None:
    if not user.active:
        return None
    stale = seen is None or clock.utc_now() - seen > _NOTE_VISITS_EVERY
    return Recognised(actor=_actor(session, user, key), stale=stale, touch=touch)


def person(session: Session, user_id: str) -> Actor | None:
    """Return the person of that id as what they may do at this moment, for what is done in their name; None: nobody.

    It is nobody also when they were deactivated.
    """
    user = repository.users_by_id(session, [user_id]).get(user_id)
    return _actor(session, user, None) if user and user.active else None


def _actor(session: Session, user: User, key: ApiKey | None) -> Actor:
    permissions = repository.permissions_of(session, user.role)
    scopes = None if key is None or key.scopes is None else frozenset(key.scopes)
    return Actor(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        team_id=user.team_id,
        permissions=permissions if scopes is None else permissions & scopes,
        via="session" if key is None else "api_key",
        scopes=scopes,
        models=repository.models_of(session, user.role),
    )

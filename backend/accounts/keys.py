"""The verbs of API keys: make, rotate, revoke. Each in its caller's transaction, by a person and never by a key.

`revoke_of` alone is for an emergency, and ends somebody else's; who may say it is its caller's to know.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from backend.accounts import permissions, repository
from backend.accounts.actor import Actor
from backend.accounts.credentials import compose_key, fingerprint, new_key_secret
from backend.accounts.models import ApiKey
from backend.accounts.schemas import DEFAULT_KEY_LIFE_DAYS, ApiKeyCreate, ApiKeyRotate
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, Forbidden, NotFound, Unprocessable

MOST_KEYS = 50
_USUAL_LIFE = timedelta(days=DEFAULT_KEY_LIFE_DAYS)


def create(session: Session, actor: Actor, wanted: ApiKeyCreate) -> tuple[ApiKey, str]:
    """Make a key for `actor`; return its row and its text, which nothing can show again.

    Raises:
        Forbidden: The request itself came with a key: a leaked key must not make others.
        Conflict: The person has as many keys as one may have.
        Unprocessable: A scope is no permission, or none of theirs.
    """
    require_session(actor)
    _refuse_one_too_many(session, actor)
    scopes = _checked(actor, wanted.scopes)
    life = timedelta(days=wanted.expires_in_days)
    return issue(session, actor.id, wanted.name, life=life, scopes=scopes)


def rotate(session: Session, actor: Actor, key_id: str, wanted: ApiKeyRotate) -> tuple[ApiKey, str]:
    """Make a successor with the same name, scopes and length of life; the old key ends after the overlap.

    Raises:
        Forbidden: The request itself came with a key.
        NotFound: There is no such key, or it is somebody else's.
        Conflict: It has ended or was rotated before, or the person has as many keys as one may have.
    """
    require_session(actor)
    old = _working(session, key_id, actor.id)
    now = clock.utc_now()
    _refuse_what_is_over(old, now)
    _refuse_one_too_many(session, actor)
    life = old.expires_at - old.created_at if old.expires_at else _USUAL_LIFE
    new, text = issue(session, actor.id, old.name, life=life, scopes=old.scopes)
    overlap = now + timedelta(hours=wanted.overlap_hours)
    old.expires_at = min(old.expires_at, overlap) if old.expires_at else overlap
    old.replaced_by = new.id
    session.add(old)
    audit.record(
        session,
        actor_id=actor.id,
        verb="api_key.rotate",
        subject=f"api_key:{old.id}",
        detail={"successor": new.id},
    )
    return new, text


def revoke(session: Session, actor: Actor, key_id: str) -> None:
    """End one of `actor`'s keys at once.

    Raises:
        Forbidden: The request itself came with a key.
        NotFound: There is no such key, or it is somebody else's.
    """
    require_session(actor)
    revoke_of(session, key_id, actor.id, by=actor.id)


def revoke_of(session: Session, key_id: str, owner_id: str | None, *, by: str | None) -> str:
    """End a key of `owner_id` (None: whosever it is), as the deed of `by` (None: the command line); return its owner.

    Raises:
        NotFound: There is no such key, it was revoked already, or it is somebody else's.
    """
    key = _working(session, key_id, owner_id)
    key.revoked_at = clock.utc_now()
    session.add(key)
    audit.record(
        session,
        actor_id=by,
        verb="api_key.revoke",
        subject=f"api_key:{key.id}",
        detail={} if by == key.user_id else {"person": key.user_id},
    )
    return key.user_id


def issue(
    session: Session,
    user_id: str,
    name: str,
    *,
    life: timedelta = _USUAL_LIFE,
    scopes: list[str] | None = None,
) -> tuple[ApiKey, str]:
    """Make a key without asking whether that is allowed; return its row and its text."""
    secret = new_key_secret()
    now: datetime = clock.utc_now()
    key = ApiKey(
        user_id=user_id,
        name=name,
        secret_hash=fingerprint(secret),
        scopes=scopes,
        created_at=now,
        expires_at=now + life,
    )
    session.add(key)
    audit.record(
        session,
        actor_id=user_id,
        verb="api_key.create",
        subject=f"api_key:{key.id}",
        detail={"scopes": " ".join(scopes) if scopes else "all"},
    )
    session.flush()
    return key, compose_key(key.id, secret)


def require_session(actor: Actor) -> None:
    """Return if `actor` is here in person.

    Raises:
        Forbidden: They are here by key.
    """
    if actor.via != "session":
        raise Forbidden("keys and sessions are managed when signed in, not with a key")


def _working(session: Session, key_id: str, owner_id: str | None) -> ApiKey:
    """Return a key (of `owner_id`, if one is given) that was not revoked, locked until the transaction ends."""
    key = repository.key_to_change(session, key_id)
    if key is None or key.revoked_at is not None or owner_id not in {None, key.user_id}:
        raise NotFound("there is no such key")
    return key


def _refuse_what_is_over(key: ApiKey, now: datetime) -> None:
    if key.replaced_by is not None:
        raise Conflict("this key was rotated already; rotate its successor")
    if key.expires_at is not None and key.expires_at <= now:
        raise Conflict("this key has expired; make a new one")


def _refuse_one_too_many(session: Session, actor: Actor) -> None:
    if repository.count_working_keys(session, actor.id, clock.utc_now()) >= MOST_KEYS:
        raise Conflict(f"{MOST_KEYS} keys are as many as one person may have; revoke one first")


def _checked(actor: Actor, scopes: list[str] | None) -> list[str] | None:
    """Return `scopes` in order, without repetitions; None stands for all of the owner's."""
    if scopes is None:
        return None
    theirs = sorted(permissions.ALL & actor.permissions)
    for scope in scopes:
        if scope not in theirs:
            why = "none of yours" if scope in permissions.ALL else "no permission"
            listed = ", ".join(theirs)
            problem = FieldProblem(field="scopes", message=f"{scope!r} is {why}", limit=listed)
            raise Unprocessable(f"scopes: {scope!r} is {why}; choose of {listed}", fields=[problem])
    return sorted(set(scopes))

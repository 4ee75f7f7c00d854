"""The verbs of people, roles, sessions and keys, each in its caller's transaction.

A person is who the provider says: issuer and subject. An e-mail address never joins two accounts;
the one exception is written at `_adopt`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from backend.accounts import permissions, repository
from backend.accounts.actor import Actor
from backend.accounts.credentials import compose_key, fingerprint, new_session_id
from backend.accounts.models import ApiKey, Role, RolePermission, User, UserSession
from backend.accounts.schemas import DEFAULT_KEY_LIFE_DAYS, ApiKeyCreate
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, Forbidden, NotFound, Unprocessable
from backend.kit.ids import new_secret
from backend.kit.settings import Settings

_log = logging.getLogger(__name__)

LOCAL_ISSUER = "local"  # accounts made on this machine's command line, for keys alone
MOST_KEYS = 50


@dataclass(frozen=True)
class Identity:
    """A person as a provider described them, checked and ready to be trusted.

    `roles` are those that claims and settings give; the highest counts. `adopts_local`: the provider
    runs inside the studio, so an account made on the command line is the same person.
    """

    issuer: str
    subject: str
    email: str
    name: str
    roles: tuple[str, ...]
    provider: str
    adopts_local: bool = False


@dataclass(frozen=True)
class Browser:
    """What is remembered of the browser that signs in. `id_token` is the hint for sign-out."""

    user_agent: str
    id_token: str | None
    previous_session_id: str | None


@dataclass(frozen=True)
class Ended:
    """A session that was just ended."""

    user_id: str
    provider: str
    id_token: str | None


def ensure_roles(session: Session) -> None:
    """Add the roles a new studio starts with; a role that is there already keeps its rows."""
    known = repository.role_ranks(session)
    for seed in permissions.ROLE_SEEDS:
        if seed.name not in known:
            session.add(Role(name=seed.name, rank=seed.rank))
            session.flush()
            session.add_all(
                RolePermission(role=seed.name, permission=each) for each in seed.permissions
            )
    session.flush()


def sign_in(session: Session, settings: Settings, identity: Identity, browser: Browser) -> str:
    """Begin a session for `identity` and return its id, known to the cookie alone.

    The id is always new, and the session the browser had before is ended: an id planted in a
    browser beforehand is worth nothing.

    Raises:
        Forbidden: The person was deactivated.
    """
    user = _know(session, identity)
    if not user.active:
        raise Forbidden("this account was deactivated; ask an administrator of the studio")
    _forget_ended(session, settings)
    if browser.previous_session_id:
        repository.delete_session(session, fingerprint(browser.previous_session_id))
    session_id = new_session_id()
    session.add(
        UserSession(
            id_hash=fingerprint(session_id),
            user_id=user.id,
            provider=identity.provider,
            id_token=browser.id_token,
            user_agent=browser.user_agent[:255],
        )
    )
    audit.record(session, actor_id=user.id, verb="session.begin", subject=f"person:{user.id}")
    return session_id


def sign_out(session: Session, session_id: str) -> Ended | None:
    """End the session of that id at once; None if there was none."""
    found = repository.find_session(session, fingerprint(session_id))
    if found is None:
        return None
    row, user = found
    ended = Ended(user_id=user.id, provider=row.provider, id_token=row.id_token)
    repository.delete_session(session, row.id_hash)
    audit.record(session, actor_id=user.id, verb="session.end", subject=f"person:{user.id}")
    return ended


def deactivate(session: Session, user: User, *, by: str | None) -> None:
    """Shut `user` out: sessions end here, keys are refused while the account stays inactive."""
    user.active = False
    session.add(user)
    repository.delete_sessions_of(session, user.id)
    audit.record(session, actor_id=by, verb="person.deactivate", subject=f"person:{user.id}")


def create_api_key(session: Session, actor: Actor, wanted: ApiKeyCreate) -> tuple[ApiKey, str]:
    """Make a key for `actor`; return its row and its text, which nothing can show again.

    Raises:
        Forbidden: The request itself came with a key: a leaked key must not make others.
        Conflict: The person has as many keys as one may have.
    """
    require_session(actor)
    if len(repository.keys_of(session, actor.id)) >= MOST_KEYS:
        raise Conflict(f"{MOST_KEYS} keys are as many as one person may have; revoke one first")
    return _issue_key(session, actor.id, wanted.name, wanted.expires_in_days)


def revoke_api_key(session: Session, actor: Actor, key_id: str) -> None:
    """End one of `actor`'s keys at once.

    Raises:
        Forbidden: The request itself came with a key.
        NotFound: There is no such key, or it is somebody else's.
    """
    require_session(actor)
    found = repository.find_key(session, key_id)
    if found is None or found[1].id != actor.id or found[0].revoked_at is not None:
        raise NotFound("there is no such key")
    key = found[0]
    key.revoked_at = clock.utc_now()
    session.add(key)
    audit.record(session, actor_id=actor.id, verb="api_key.revoke", subject=f"api_key:{key.id}")


def create_key(session: Session, *, email: str, role: str | None = None) -> str:
    """Return a new API key for the person of that e-mail, making the account if there is none.

    For the command line, whose user already owns the machine. `role`, when given, becomes theirs and
    stays so whatever the provider says at later sign-ins.

    Raises:
        Unprocessable: `email` is no address, or `role` is no role.
    """
    ensure_roles(session)
    user = _person_of(session, _checked_email(email))
    if role is not None:
        user.role = user.pinned_role = _checked_role(session, role)
        session.add(user)
        session.flush()
    return _issue_key(session, user.id, "made on the command line", DEFAULT_KEY_LIFE_DAYS)[1]


def require_session(actor: Actor) -> None:
    """Return if `actor` is here in person.

    Raises:
        Forbidden: They are here by key.
    """
    if actor.via != "session":
        raise Forbidden("keys are managed when signed in, not with another key")


def _know(session: Session, identity: Identity) -> User:
    ensure_roles(session)
    user = repository.find_user(session, issuer=identity.issuer, subject=identity.subject)
    if user is None and identity.adopts_local:
        user = _adopt(session, identity)
    if user is None:
        user = User(issuer=identity.issuer, subject=identity.subject, role=permissions.MARKETING)
    user.email = identity.email[:320]
    user.name = identity.name[:200]
    user.role = user.pinned_role or _highest(session, identity.roles)
    user.signed_in_at = clock.utc_now()
    session.add(user)
    session.flush()
    return user


def _adopt(session: Session, identity: Identity) -> User | None:
    """Return the command line's account of that e-mail, now the provider's.

    For the development provider only: it runs inside the studio on the same machine, so both names
    were given by the same hand. What a key has drawn is then in its owner's history.
    """
    user = repository.find_user(session, issuer=LOCAL_ISSUER, subject=identity.email.lower())
    if user is not None:
        user.issuer, user.subject = identity.issuer, identity.subject
    return user


def _highest(session: Session, roles: tuple[str, ...]) -> str:
    ranks = repository.role_ranks(session)
    known = [role for role in roles if role in ranks]
    if not known:
        _log.error("none of the roles %s exists; check ATELIER_DEFAULT_ROLE", roles)
        return permissions.MARKETING
    return max(known, key=lambda role: ranks[role])


def _forget_ended(session: Session, settings: Settings) -> None:
    now = clock.utc_now()
    repository.delete_sessions_older(
        session,
        created=now - timedelta(days=settings.session_max_days),
        seen=now - timedelta(hours=settings.session_idle_hours),
    )


def _issue_key(session: Session, user_id: str, name: str, days: int) -> tuple[ApiKey, str]:
    secret = new_secret()
    now: datetime = clock.utc_now()
    key = ApiKey(
        user_id=user_id,
        name=name,
        secret_hash=fingerprint(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(key)
    audit.record(session, actor_id=user_id, verb="api_key.create", subject=f"api_key:{key.id}")
    session.flush()
    return key, compose_key(key.id, secret)


def _person_of(session: Session, email: str) -> User:
    """Return the account that `email` means on the command line, made if there is none.

    Where several providers know the address, the newest to have signed in is meant: that is the one
    whose history the operator sees.
    """
    known = repository.users_with_email(session, email)
    if known:
        return max(known, key=lambda user: user.signed_in_at or user.created_at)
    user = User(
        issuer=LOCAL_ISSUER,
        subject=email.lower(),
        email=email,
        name=email.partition("@")[0],
        role=permissions.DESIGNER,
    )
    session.add(user)
    session.flush()
    return user


def _checked_email(email: str) -> str:
    local, at, domain = email.strip().rpartition("@")
    if not (local and at and domain) or len(email) > 320 or any(c.isspace() for c in local):  # noqa: PLR2004 - RFC 3696
        problem = FieldProblem(field="email", message="is no address", nearest="dana@example.com")
        raise Unprocessable(
            f"email: {email!r} is no e-mail address; write it like dana@example.com",
            fields=[problem],
        )
    return email.strip()


def _checked_role(session: Session, role: str) -> str:
    known = sorted(repository.role_ranks(session))
    if role not in known:
        listed = ", ".join(known)
        problem = FieldProblem(field="role", message="is no role", limit=listed, nearest=known[0])
        raise Unprocessable(f"role: {role!r} is no role; choose one of {listed}", fields=[problem])
    return role

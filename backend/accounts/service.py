"""The verbs of people, roles and sessions, each in its caller's transaction. Those of keys are in `keys`.

A person is who the provider says: issuer and subject. An e-mail address never joins two accounts;
who may come in, and as what, is `admission`'s to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from backend.accounts import admission, keys, permissions, repository
from backend.accounts.admission import LOCAL_ISSUER, Identity
from backend.accounts.credentials import fingerprint, new_session_id
from backend.accounts.models import (
    Role,
    RolePermission,
    Standing,
    User,
    UserSession,
)
from backend.accounts.roles import checked_role
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, Forbidden, Unprocessable
from backend.kit.keyring import CannotOpen, ring_of
from backend.kit.settings import Settings

MOST_SESSIONS = 100
"""Browsers in which one person is signed in at a time; one more, and the one not used for longest is out."""


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


def sign_in(
    session: Session, settings: Settings, identity: Identity, browser: Browser, invite: str = ""
) -> str | None:
    """Begin a session for `identity` and return its id, known to the cookie alone.

    None: the person waits for an administrator's approval, and has no session. The id is always new,
    and the session the browser had before is ended: an id planted in a browser beforehand is worth
    nothing.

    Raises:
        Forbidden: The person was deactivated, or is new and has no invite that holds.
    """
    ensure_roles(session)
    user = admission.admit(session, settings, identity, invite)
    if user.standing is Standing.WAITING:
        return None
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
            id_token=browser.id_token and ring_of(settings).seal(browser.id_token),
            user_agent=browser.user_agent[:255],
        )
    )
    session.flush()
    repository.delete_oldest_sessions(session, user.id, keep=MOST_SESSIONS)
    audit.record(
        session,
        actor_id=user.id,
        verb="session.begin",
        subject=f"person:{user.id}",
        detail={"provider": identity.provider},
    )
    return session_id


def sign_out(session: Session, settings: Settings, session_id: str) -> Ended | None:
    """End the session of that id at once; None if there was none."""
    found = repository.find_session(session, fingerprint(session_id))
    if found is None:
        return None
    row, user = found
    ended = Ended(user_id=user.id, provider=row.provider, id_token=_opened(settings, row))
    repository.delete_session(session, row.id_hash)
    audit.record(session, actor_id=user.id, verb="session.end", subject=f"person:{user.id}")
    return ended


def _opened(settings: Settings, row: UserSession) -> str | None:
    """Return the ID token of a session; None also when the key that sealed it is gone: it is a hint only."""
    try:
        return row.id_token and ring_of(settings).open(row.id_token)
    except CannotOpen:
        return None


def deactivate(session: Session, user: User, *, by: str | None) -> None:
    """Shut `user` out: sessions end here, keys are refused while the account stays inactive."""
    user.standing = Standing.DEACTIVATED
    session.add(user)
    repository.delete_sessions_of(session, user.id)
    audit.record(session, actor_id=by, verb="person.deactivate", subject=f"person:{user.id}")


def create_key(session: Session, *, email: str, role: str | None = None) -> str:
    """Return a new API key for the person of that e-mail, making the account if there is none.

    For the command line, whose user already owns the machine. `role`, when given, becomes theirs and
    stays so whatever the provider says at later sign-ins.

    Raises:
        Unprocessable: `email` is no address, or `role` is no role.
        Conflict: A role is to be given, and several people have that address.
    """
    ensure_roles(session)
    user = _person_of(session, _checked_email(email))
    if role is not None:
        _refuse_to_guess(repository.users_with_email(session, user.email))
        detail = {"from": user.role, "to": role}
        user.role = user.pinned_role = checked_role(session, role)
        session.add(user)
        subject = f"person:{user.id}"
        audit.record(session, actor_id=None, verb="person.role", subject=subject, detail=detail)
        session.flush()
    return keys.issue(session, user.id, "made on the command line")[1]


def _forget_ended(session: Session, settings: Settings) -> None:
    now = clock.utc_now()
    repository.delete_sessions_older(
        session,
        created=now - timedelta(days=settings.session_max_days),
        seen=now - timedelta(hours=settings.session_idle_hours),
    )


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


def _refuse_to_guess(people: list[User]) -> None:
    """An address is whatever a provider says: it may be a stranger's who came by another one."""
    if len(people) > 1:
        listed = ", ".join(f"{user.issuer}#{user.subject}" for user in people)
        raise Conflict(
            f"{len(people)} people have that address: {listed}; make one an administrator by naming "
            "them in ATELIER_ADMIN_SUBJECTS"
        )


def _checked_email(email: str) -> str:
    local, at, domain = email.strip().rpartition("@")
    if not (local and at and domain) or len(email) > 320 or any(c.isspace() for c in local):  # noqa: PLR2004 - RFC 3696
        problem = FieldProblem(field="email", message="is no address", nearest="dana@example.com")
        raise Unprocessable(
            f"email: {email!r} is no e-mail address; write it like dana@example.com",
            fields=[problem],
        )
    return email.strip()

"""Who may come in, and as what: finds or makes the account of somebody whom a provider described.

A person is who the provider says: issuer and subject. An e-mail address never joins two accounts; the one
exception is written at `_adopt`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from backend.accounts import permissions, repository
from backend.accounts.invites import service as invites
from backend.accounts.models import Standing, Team, User
from backend.accounts.roles import highest
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Forbidden
from backend.kit.settings import Registration, Settings

LOCAL_ISSUER = "local"  # accounts made on this machine's command line, for keys alone


@dataclass(frozen=True)
class Identity:
    """A person as a provider described them, checked and ready to be trusted.

    `roles` are those that claims and settings give; the highest counts. `adopts_local`: the provider
    runs inside the studio, so an account made on the command line is the same person. `team` is the name
    of one; None leaves them where they are. `named`: the settings name them as an administrator.
    """

    issuer: str
    subject: str
    email: str
    name: str
    roles: tuple[str, ...]
    provider: str
    adopts_local: bool = False
    team: str | None = None
    named: bool = False


def admit(session: Session, settings: Settings, identity: Identity, invite: str = "") -> User:
    """Return the account of `identity` as it is from now on, made if there is none.

    Its standing says whether they may come in: someone new may wait for approval. An invite is used by
    who needs one to come in, and left alone by who is in already.

    Raises:
        Forbidden: They are new, and need an invite that holds.
    """
    user = repository.find_user(session, issuer=identity.issuer, subject=identity.subject)
    if user is None and identity.adopts_local:
        user = _adopt(session, identity)
    if user is None:
        return _register(session, settings, identity, invite)
    role, team = user.role, user.team_id
    _describe(session, user, identity)
    if user.role != role:
        _record(session, user, "person.role", identity, {"from": role, "to": user.role})
    if user.team_id != team:
        detail = {"from": team or "", "to": user.team_id or ""}
        _record(session, user, "person.team", identity, detail)
    if user.standing is Standing.WAITING and identity.named:
        user.standing = Standing.ACTIVE
        _record(session, user, "person.approve", identity, {})
    elif user.standing is Standing.WAITING and invite:
        invites.use(session, invite, user)
    return user


def _register(session: Session, settings: Settings, identity: Identity, invite: str) -> User:
    """Make the account of somebody new; whom the settings name needs nobody's leave."""
    by_invite = bool(invite) and not identity.named
    if settings.registration is Registration.INVITE and not (by_invite or identity.named):
        raise Forbidden("somebody new needs an invite to come in; ask an administrator for one")
    waits = settings.registration is Registration.APPROVAL and not identity.named
    user = User(
        issuer=identity.issuer,
        subject=identity.subject,
        role=permissions.MARKETING,
        standing=Standing.WAITING if waits else Standing.ACTIVE,
    )
    _describe(session, user, identity)
    if by_invite:
        invites.use(session, invite, user)
    # What ATELIER_ADMIN_SUBJECTS wants to be told, where it can be looked up and erased.
    said = {"role": user.role, "standing": user.standing.value}
    said["subject"] = f"{user.issuer}#{user.subject}"
    _record(session, user, "person.register", identity, said)
    return user


def _describe(session: Session, user: User, identity: Identity) -> None:
    """Write down what the provider says today; a role that was pinned outlives it."""
    user.email = identity.email[:320]
    user.name = identity.name[:200]
    user.role = user.pinned_role or highest(session, identity.roles)
    user.signed_in_at = clock.utc_now()
    if identity.team is not None:
        user.team_id = _team(session, identity.team).id
    session.add(user)
    session.flush()


def _team(session: Session, name: str) -> Team:
    """Return the team of that name, made if there is none."""
    team = repository.find_team(session, name)
    if team is None:
        team = Team(name=name)
        session.add(team)
        session.flush()
        audit.record(
            session,
            actor_id=None,
            verb="team.create",
            subject=f"team:{team.id}",
            detail={"name": name},
        )
    return team


def _adopt(session: Session, identity: Identity) -> User | None:
    """Return the command line's account of that e-mail, now the provider's.

    For the development provider only: it runs inside the studio on the same machine, so both names
    were given by the same hand. What a key has drawn is then in its owner's history.
    """
    user = repository.find_user(session, issuer=LOCAL_ISSUER, subject=identity.email.lower())
    if user is not None:
        user.issuer, user.subject = identity.issuer, identity.subject
    return user


def _record(
    session: Session, user: User, verb: str, identity: Identity, detail: dict[str, str]
) -> None:
    audit.record(
        session,
        actor_id=user.id,
        verb=verb,
        subject=f"person:{user.id}",
        detail={"provider": identity.provider, **detail},
    )

"""The verbs of invites, each in its caller's transaction.

An invite's link carries 256 random bits and only their SHA-256 is kept. Opening the link uses nothing, as
programs that preview links do; signing in for the first time does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.accounts.actor import Actor
from backend.accounts.credentials import fingerprint
from backend.accounts.invites import repository
from backend.accounts.invites.models import Invite
from backend.accounts.invites.schemas import (
    InviteCreate,
    InviteCreated,
    InvitePage,
    InvitePerson,
    InvitePublic,
    InviteState,
    InviteTeam,
)
from backend.accounts.models import Standing, Team, User
from backend.accounts.permissions import ADMINISTER
from backend.accounts.roles import checked_role
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, Forbidden, Unprocessable
from backend.kit.ids import new_secret

_AS_KEPT = {"id", "note", "role", "created_at", "expires_at", "used_at", "revoked_at"}


def make(
    session: Session, base_url: str, actor: Actor | None, wanted: InviteCreate
) -> InviteCreated:
    """Make an invite and its link, which nothing can show again. `actor` None: the command line.

    Raises:
        Forbidden: The request itself came with a key: a leaked key must not let people in.
        Unprocessable: There is no such role or no such team.
    """
    if actor is not None and actor.via != "session":
        raise Forbidden("invites are made when signed in, not with a key")
    token, now = new_secret(), clock.utc_now()
    row = Invite(
        token_hash=fingerprint(token),
        note=wanted.note,
        role=checked_role(session, wanted.role) if wanted.role else None,
        team_id=_checked_team(session, wanted.team_id) if wanted.team_id else None,
        created_by=actor.id if actor else None,
        created_at=now,
        expires_at=now + timedelta(days=wanted.expires_in_days),
    )
    session.add(row)
    session.flush()
    _record(session, row, actor, "invite.create")
    url = f"{base_url}/auth/login?{urlencode({'invite': token})}"
    return InviteCreated(**_shown(session, [row])[0].model_dump(), url=url)


def find(session: Session, *, cursor: str | None, limit: int) -> InvitePage:
    """Return a page of all invites, newest first, used and ended ones among them."""
    rows, next_cursor = repository.page(session, cursor=cursor, limit=limit)
    return InvitePage(items=_shown(session, rows), next_cursor=next_cursor)


def revoke(session: Session, actor: Actor | None, invite_id: str) -> None:
    """End an invite at once; one that was revoked already stays so.

    Raises:
        NotFound: There is no such invite.
        Conflict: Somebody has used it.
    """
    row = repository.get(session, invite_id)
    if row.used_at is not None:
        raise Conflict("somebody came in with this invite already; deactivate the person instead")
    if row.revoked_at is None:
        row.revoked_at = clock.utc_now()
        session.add(row)
        _record(session, row, actor, "invite.revoke")


def holds(session: Session, token: str) -> bool:
    """Return whether the invite of that link would still let somebody in."""
    return repository.holds(session, fingerprint(token), clock.utc_now())


def use(session: Session, token: str, user: User) -> None:
    """Let `user` in by the invite of that link, with the role and the team it gives.

    The role is pinned: the provider would take it away at the next sign-in otherwise.

    Raises:
        Forbidden: It was used, revoked, has ended, or never was, or its maker administers no more.
    """
    row = repository.use(session, fingerprint(token), user.id, clock.utc_now())
    if row is None:
        raise Forbidden("this invite was used, withdrawn or has expired; ask for another one")
    user.standing = Standing.ACTIVE
    if row.role is not None:
        user.role = user.pinned_role = row.role
    if row.team_id is not None:
        user.team_id = row.team_id
    session.add(user)
    session.flush()
    audit.record(
        session,
        actor_id=user.id,
        verb="invite.use",
        subject=f"invite:{row.id}",
        detail={"role": row.role or "", "person": user.id},
    )


def _record(session: Session, row: Invite, actor: Actor | None, verb: str) -> None:
    audit.record(
        session,
        actor_id=actor.id if actor else None,
        verb=verb,
        subject=f"invite:{row.id}",
        detail={"note": row.note, "role": row.role or ""},
    )


def _checked_team(session: Session, team_id: str) -> str:
    if not accounts.teams_by_id(session, {team_id}):
        problem = FieldProblem(field="team_id", message="is no team")
        raise Unprocessable(f"team_id: there is no team {team_id!r}", fields=[problem])
    return team_id


def _shown(session: Session, rows: list[Invite]) -> list[InvitePublic]:
    ids = {one for row in rows for one in (row.created_by, row.used_by) if one is not None}
    people = accounts.users_by_id(session, ids)
    teams = accounts.teams_by_id(session, {row.team_id for row in rows if row.team_id})
    granted = accounts.permissions_by_role(session)
    return [
        InvitePublic(
            **row.model_dump(include=_AS_KEPT),
            state=_state(row, people.get(row.created_by or ""), granted),
            team=_team(teams.get(row.team_id or "")),
            created_by=_person(people.get(row.created_by or "")),
            used_by=_person(people.get(row.used_by or "")),
        )
        for row in rows
    ]


def _person(user: User | None) -> InvitePerson | None:
    return InvitePerson(id=user.id, name=user.name, email=user.email) if user else None


def _team(team: Team | None) -> InviteTeam | None:
    return InviteTeam(id=team.id, name=team.name) if team else None


def _state(row: Invite, maker: User | None, granted: Mapping[str, Collection[str]]) -> InviteState:
    if row.used_at is not None:
        return InviteState.USED
    if row.revoked_at is not None:
        return InviteState.REVOKED
    if clock.utc_now() >= row.expires_at:
        return InviteState.EXPIRED
    holds = maker is None or (maker.active and ADMINISTER in granted.get(maker.role, ()))
    return InviteState.OPEN if holds else InviteState.REVOKED

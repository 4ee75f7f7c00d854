"""What an administrator does about one person: look, pin a role, put into a team, let in, shut out.

Each verb works in the caller's transaction. Whoever would change who may do what does it one after another
(`repository.hold_roles`), so that two at once cannot leave a studio without an administrator.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts import service as accounts
from backend.accounts.actor import Actor
from backend.accounts.models import Standing, Team, User
from backend.accounts.roles import checked_role
from backend.accounts.watch import say_changed
from backend.audit import service as audit
from backend.generations import repository as generations_of
from backend.generations import service as generations
from backend.kit.context import Context
from backend.kit.errors import AlreadyEnded, Conflict, FieldProblem, Unprocessable
from backend.people import repository
from backend.people.schemas import PeopleFilter, PeoplePage, PersonChange, PersonPublic, TeamOf


def look(session: Session, wanted: PeopleFilter, *, cursor: str | None, limit: int) -> PeoplePage:
    """Return a page of people, newest first."""
    found, following = repository.page(session, wanted, cursor=cursor, limit=limit)
    return PeoplePage(items=present(session, found), next_cursor=following)


def read(session: Session, person_id: str) -> PersonPublic:
    """Return anybody.

    Raises:
        NotFound: There is nobody of that id.
    """
    return present(session, [repository.get(session, person_id)])[0]


def change(
    session: Session, context: Context, actor: Actor, person_id: str, wanted: PersonChange
) -> PersonPublic:
    """Change what `wanted` names of a person, and nothing else.

    Raises:
        NotFound: There is nobody of that id.
        Unprocessable: There is no such role, or no such team.
        Conflict: Nobody who may administer would be left.
    """
    repository.hold_roles(session)
    if _asks_to_shut_out(wanted):
        # Before the person, as every request of theirs takes its session first and then the person.
        accounts_of.delete_sessions_of(session, person_id)
    user = repository.get(session, person_id, to_change=True)
    if "role" in wanted.model_fields_set:
        _give_role(session, actor, user, wanted.role)
    if "team_id" in wanted.model_fields_set:
        _give_team(session, actor, user, wanted.team_id)
    if "standing" in wanted.model_fields_set:
        _give_standing(session, context, actor, user, wanted.standing)
    session.add(user)
    refuse_without_administrator(session)
    say_changed(session, context.notifier)
    return present(session, [user])[0]


def refuse_without_administrator(session: Session) -> None:
    """Return if somebody who may come in may administer.

    Raises:
        Conflict: Nobody would be left who may.
    """
    session.flush()
    if repository.count_administrators(session) == 0:
        raise Conflict(
            "Nobody who may administer would be left. Give somebody else a role that may first."
        )


def present(session: Session, users: Sequence[User]) -> list[PersonPublic]:
    """Return `users` as an administrator sees them."""
    teams = accounts_of.teams_by_id(session, {user.team_id for user in users if user.team_id})
    return [_shown(user, teams) for user in users]


def _asks_to_shut_out(wanted: PersonChange) -> bool:
    return "standing" in wanted.model_fields_set and wanted.standing is Standing.DEACTIVATED


def _give_role(session: Session, actor: Actor, user: User, role: str | None) -> None:
    if role is not None:
        checked_role(session, role)
    before, user.pinned_role = user.role, role
    user.role = role or user.role
    _note(session, actor, user, "person.role", {"from": before, "to": role or "the provider's"})


def _give_team(session: Session, actor: Actor, user: User, team_id: str | None) -> None:
    if team_id is not None and not accounts_of.teams_by_id(session, {team_id}):
        problem = FieldProblem(field="team_id", message="is the id of no team")
        raise Unprocessable(f"team_id: there is no team {team_id!r}", fields=[problem])
    detail = {"from": user.team_id or "none", "to": team_id or "none"}
    user.team_id = team_id
    _note(session, actor, user, "person.team", detail)


def _give_standing(
    session: Session, context: Context, actor: Actor, user: User, standing: Standing
) -> None:
    if user.standing is standing:
        return
    if standing is Standing.DEACTIVATED:
        _shut_out(session, context, actor, user)
        return
    verb = "person.approve" if user.standing is Standing.WAITING else "person.reactivate"
    user.standing = standing
    _note(session, actor, user, verb)


def _shut_out(session: Session, context: Context, actor: Actor, user: User) -> None:
    """Deactivate `user` and cancel what they have queued and running.

    Streams end by themselves (`accounts.watch`), webhooks are sent to active people only.
    """
    accounts.deactivate(session, user, by=actor.id)
    session.flush()
    for row in generations_of.alive_of(session, user.id):
        try:
            generations.stop(session, context, actor.id, row)
        except AlreadyEnded:
            continue  # it ended between the look and now


def _note(
    session: Session, actor: Actor, user: User, verb: str, detail: dict[str, str] | None = None
) -> None:
    audit.record(
        session, actor_id=actor.id, verb=verb, subject=f"person:{user.id}", detail=detail or {}
    )


def _shown(user: User, teams: dict[str, Team]) -> PersonPublic:
    team = teams.get(user.team_id or "")
    return PersonPublic(
        id=user.id,
        name=user.name,
        email=user.email,
        issuer=user.issuer,
        role=user.role,
        role_is_pinned=user.pinned_role is not None,
        team=TeamOf(id=team.id, name=team.name) if team else None,
        standing=user.standing,
        created_at=user.created_at,
        signed_in_at=user.signed_in_at,
    )

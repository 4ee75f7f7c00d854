"""What an administrator does with teams. Each verb works in the caller's transaction."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.invites import repository as invites
from backend.accounts.models import Team
from backend.audit import service as audit
from backend.kit.errors import Conflict
from backend.people import repository
from backend.people.schemas import TeamPublic
from backend.presets import repository as presets
from backend.recipes import repository as recipes

MOST_TEAMS: Final = 500
NOWHERE: Final = "none"
"""Where people go who are to be in no team."""


def look(session: Session) -> list[TeamPublic]:
    """Return every team by name."""
    return [_shown(team, people) for team, people in repository.teams(session)]


def create(session: Session, actor: Actor, name: str) -> TeamPublic:
    """Make a team.

    Raises:
        Conflict: There is one of that name, or there are `MOST_TEAMS`.
    """
    repository.hold_roles(session)
    _refuse_taken(session, name)
    if repository.count_teams(session) >= MOST_TEAMS:
        raise Conflict(f"{MOST_TEAMS} teams are as many as a studio may have; delete one first.")
    team = Team(name=name)
    session.add(team)
    _note(session, actor, team, "team.create", {"name": name})
    return _shown(team, 0)


def rename(session: Session, actor: Actor, team_id: str, name: str) -> TeamPublic:
    """Give a team another name.

    Raises:
        NotFound: There is none of that id.
        Conflict: There is another one of that name.
    """
    repository.hold_roles(session)
    team = repository.get_team(session, team_id)
    _refuse_taken(session, name, but=team)
    _note(session, actor, team, "team.rename", {"from": team.name, "to": name})
    team.name = name
    session.add(team)
    return _shown(team, repository.count_members(session, team_id))


def delete(session: Session, actor: Actor, team_id: str, *, move_to: str | None) -> None:
    """Remove a team; `move_to` says which team its people are in then, or that they are in none.

    Raises:
        NotFound: There is none of that id, or none to move them to.
        Conflict: There are people in it, and nobody said where they go.
    """
    repository.hold_roles(session)
    team = repository.get_team(session, team_id)
    people = repository.members(session, team_id)
    if people and move_to is None:
        raise Conflict(
            f"There are {len(people)} people in this team. Say with `move_to` which team they are in "
            f"then, or `{NOWHERE}`."
        )
    if move_to == team_id:
        raise Conflict("They cannot be moved into the team that is deleted.")
    into = repository.get_team(session, move_to).id if move_to not in {None, NOWHERE} else None
    for user in people:
        user.team_id = into
        detail = {"from": team_id, "to": into or NOWHERE}
        audit.record(
            session,
            actor_id=actor.id,
            verb="person.team",
            subject=f"person:{user.id}",
            detail=detail,
        )
    session.add_all(people)
    session.flush()
    invites.move_team(session, team_id, into)
    presets.move_team(session, team_id, into)
    recipes.move_team(session, team_id, into)
    session.delete(team)
    _note(session, actor, team, "team.delete", {"name": team.name})


def _refuse_taken(session: Session, name: str, *, but: Team | None = None) -> None:
    found = repository.team_called(session, name)
    if found is not None and found is not but:
        raise Conflict(f"There is a team called {found.name!r} already.")


def _note(session: Session, actor: Actor, team: Team, verb: str, detail: dict[str, str]) -> None:
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"team:{team.id}", detail=detail)


def _shown(team: Team, people: int) -> TeamPublic:
    return TeamPublic(id=team.id, name=team.name, people=people, created_at=team.created_at)

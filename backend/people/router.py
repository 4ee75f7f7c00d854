"""People, teams and roles over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query

from backend.accounts.actor import Actor
from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator, requires_before
from backend.accounts.models import Standing
from backend.accounts.permissions import ADMINISTER
from backend.catalog.service import CatalogDep
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.people import emergencies, roles, service, teams
from backend.people.schemas import (
    LINE,
    LONGEST_ID,
    LONGEST_ROLE,
    PeopleFilter,
    PeoplePage,
    PersonChange,
    PersonPublic,
    RoleChange,
    RoleCreate,
    RoleList,
    RolePublic,
    TeamPublic,
    TeamWanted,
)

router = APIRouter(responses={**NOT_ADMINISTERING})

PersonId = Annotated[str, Path(max_length=LONGEST_ID, pattern=LINE, description="Id of a person.")]
KeyId = Annotated[str, Path(max_length=LONGEST_ID, pattern=LINE, description="Id of a key.")]
TeamId = Annotated[str, Path(max_length=LONGEST_ID, pattern=LINE, description="Id of a team.")]
RolePath = Annotated[
    str, Path(max_length=LONGEST_ROLE, pattern=LINE, description="Name of a role.")
]

_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is none of that name or id."}
}
_AGAINST: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "As things are it cannot be; `detail` says why."}
}
_LOADING: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Problem, "description": "The models on offer are not known yet."}
}


@router.get("/people", tags=["people"])
def list_people(  # noqa: PLR0913 - each is a part of the request
    *,
    session: SessionDep,
    _administrator: Administrator,
    role: Annotated[
        str | None,
        Query(max_length=LONGEST_ROLE, pattern=LINE, description="Only who has this role."),
    ] = None,
    team_id: Annotated[
        str | None,
        Query(max_length=LONGEST_ID, pattern=LINE, description="Only who is in this team."),
    ] = None,
    standing: Annotated[Standing | None, Query(description="Whether they may come in.")] = None,
    q: Annotated[
        str | None,
        Query(max_length=200, pattern=LINE, description="A part of their name or address."),
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> PeoplePage:
    """List everybody, newest first."""
    wanted = PeopleFilter(role=role, team_id=team_id, standing=standing, q=q)
    return service.look(session, wanted, cursor=cursor, limit=limit)


@router.get("/people/{person_id}", tags=["people"], responses=_ABSENT)
def read_person(
    person_id: PersonId, session: SessionDep, _administrator: Administrator
) -> PersonPublic:
    """Read about one person."""
    return service.read(session, person_id)


@router.patch("/people/{person_id}", tags=["people"], responses={**_ABSENT, **_AGAINST})
def change_person(
    person_id: PersonId,
    wanted: PersonChange,
    administrator: Administrator,
    session: SessionDep,
    context: ContextDep,
) -> PersonPublic:
    """Pin a role, put into a team, let in or shut out; all that it names, or nothing."""
    return service.change(session, context, administrator, person_id, wanted)


@router.delete("/people/{person_id}/sessions", tags=["people"], status_code=204, responses=_ABSENT)
def end_sessions_of_person(
    person_id: PersonId, administrator: Administrator, session: SessionDep, context: ContextDep
) -> None:
    """Sign a person out of every browser at once; their keys and what they have queued go on."""
    emergencies.end_sessions(session, context.notifier, administrator, person_id)


@router.delete(
    "/people/{person_id}/api-keys/{key_id}", tags=["people"], status_code=204, responses=_ABSENT
)
def revoke_key_of_person(
    person_id: PersonId,
    key_id: KeyId,
    administrator: Administrator,
    session: SessionDep,
    context: ContextDep,
) -> None:
    """End one of a person's keys at once; its id stands in the key itself, after `atl_`."""
    emergencies.revoke_key(session, context.notifier, administrator, person_id, key_id)


@router.get("/teams", tags=["teams"])
def list_teams(session: SessionDep, _administrator: Administrator) -> list[TeamPublic]:
    """List every team by name."""
    return teams.look(session)


@router.post("/teams", tags=["teams"], status_code=201, responses=_AGAINST)
def create_team(
    wanted: TeamWanted, administrator: Administrator, session: SessionDep
) -> TeamPublic:
    """Make a team."""
    return teams.create(session, administrator, wanted.name)


@router.patch("/teams/{team_id}", tags=["teams"], responses={**_ABSENT, **_AGAINST})
def rename_team(
    team_id: TeamId, wanted: TeamWanted, administrator: Administrator, session: SessionDep
) -> TeamPublic:
    """Give a team another name."""
    return teams.rename(session, administrator, team_id, wanted.name)


@router.delete(
    "/teams/{team_id}", tags=["teams"], status_code=204, responses={**_ABSENT, **_AGAINST}
)
def delete_team(
    team_id: TeamId,
    administrator: Administrator,
    session: SessionDep,
    move_to: Annotated[
        str | None,
        Query(
            max_length=LONGEST_ID,
            pattern=LINE,
            description="The team that its people are in then; `none` for none.",
        ),
    ] = None,
) -> None:
    """Remove a team; refused while people are in it, unless `move_to` says where they go."""
    teams.delete(session, administrator, team_id, move_to=move_to)


async def offered_for(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))],
    wanted: RoleCreate,
    catalog: CatalogDep,
) -> frozenset[str]:
    """Return the names of the models on offer, where the body names any."""
    return frozenset([card.name for card in await catalog.cards()] if wanted.models else ())


async def offered_for_change(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))],
    wanted: RoleChange,
    catalog: CatalogDep,
) -> frozenset[str]:
    """Return the names of the models on offer, where the body names any."""
    return frozenset([card.name for card in await catalog.cards()] if wanted.models else ())


@router.get("/roles", tags=["roles"])
def list_roles(session: SessionDep, _administrator: Administrator) -> RoleList:
    """List every role with what it may do, and every permission there is."""
    return roles.look(session)


@router.post("/roles", tags=["roles"], status_code=201, responses={**_AGAINST, **_LOADING})
def create_role(
    offered: Annotated[frozenset[str], Depends(offered_for)],
    wanted: RoleCreate,
    administrator: Administrator,
    session: SessionDep,
) -> RolePublic:
    """Make a role."""
    return roles.create(session, administrator, wanted, offered)


@router.patch("/roles/{name}", tags=["roles"], responses={**_ABSENT, **_AGAINST, **_LOADING})
def change_role(  # noqa: PLR0913 - each is a part of the request
    *,
    offered: Annotated[frozenset[str], Depends(offered_for_change)],
    name: RolePath,
    wanted: RoleChange,
    administrator: Administrator,
    session: SessionDep,
    context: ContextDep,
) -> RolePublic:
    """Change what a role may do, with which models, and its rank."""
    return roles.change(session, context.notifier, administrator, name, wanted, offered=offered)


@router.delete("/roles/{name}", tags=["roles"], status_code=204, responses={**_ABSENT, **_AGAINST})
def delete_role(name: RolePath, administrator: Administrator, session: SessionDep) -> None:
    """Remove a role that nobody has."""
    roles.delete(session, administrator, name)

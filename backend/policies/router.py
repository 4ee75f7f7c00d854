"""Policy versions over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.policies import presenting, repository
from backend.policies.difference import PolicyDifference, difference
from backend.policies.versions import Versions
from backend.policies.wire import (
    PolicyActivate,
    PolicyCreate,
    PolicyPage,
    PolicyPublic,
    PolicyReason,
    PolicyWrite,
)

HIGHEST_NUMBER: Final = 1_000_000

router = APIRouter(prefix="/policies", tags=["moderation"], responses=NOT_ADMINISTERING)

Number = Annotated[int, Path(ge=1, le=HIGHEST_NUMBER, description="The version.")]
_GONE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is no such version."}
}
_REFUSED: Final = {
    **_GONE,
    409: {"model": Problem, "description": "Not from the state it is in, or it changed meanwhile."},
}


@router.get("")
def list_policies(
    session: SessionDep,
    administrator: Administrator,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> PolicyPage:
    """List the versions of the policy, newest first, and say which decides."""
    return presenting.page(session, administrator, cursor=cursor, limit=limit)


@router.post("", status_code=201, responses=_GONE)
def draft_policy(
    wanted: PolicyCreate, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Begin a draft as a copy of a version."""
    row = Versions(session, administrator).create(wanted)
    return presenting.whole(session, administrator, row)


@router.get("/{number}", responses=_GONE)
def read_policy(number: Number, session: SessionDep, administrator: Administrator) -> PolicyPublic:
    """Read one version with its document and how it came to its state."""
    return presenting.whole(session, administrator, repository.get(session, number))


@router.put("/{number}", responses=_REFUSED)
def write_policy(
    number: Number, wanted: PolicyWrite, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Write a draft anew."""
    row = Versions(session, administrator).edit(number, wanted)
    return presenting.whole(session, administrator, row)


@router.delete("/{number}", status_code=204, responses=_REFUSED)
def discard_policy(number: Number, session: SessionDep, administrator: Administrator) -> None:
    """Throw a draft away."""
    Versions(session, administrator).discard(number)


@router.post("/{number}/propose", responses=_REFUSED)
def propose_policy(
    number: Number, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Close a draft, for another administrator to activate."""
    row = Versions(session, administrator).propose(number)
    return presenting.whole(session, administrator, row)


@router.post("/{number}/withdraw", responses=_REFUSED)
def withdraw_policy(
    number: Number, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Make a draft of a proposal again."""
    row = Versions(session, administrator).withdraw(number)
    return presenting.whole(session, administrator, row)


@router.post("/{number}/activate", responses=_REFUSED)
def activate_policy(
    number: Number, wanted: PolicyActivate, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Have a proposal of another administrator decide from now on."""
    row = Versions(session, administrator).activate(number, wanted)
    return presenting.whole(session, administrator, row)


@router.post("/{number}/rollback", responses=_REFUSED)
def roll_back_policy(
    number: Number, wanted: PolicyReason, session: SessionDep, administrator: Administrator
) -> PolicyPublic:
    """Have a version decide again that decided before, at once."""
    row = Versions(session, administrator).roll_back(number, wanted.reason)
    return presenting.whole(session, administrator, row)


@router.get("/{number}/difference", responses=_GONE)
def compare_policies(
    number: Number,
    session: SessionDep,
    _administrator: Administrator,
    since: Annotated[
        int | None,
        Query(ge=1, le=HIGHEST_NUMBER, description="The version before; usually the active one."),
    ] = None,
) -> PolicyDifference:
    """Say what changes from one version to another, by category, rule and word."""
    since = since or repository.active_name(session)[0]
    old, new = repository.get(session, since), repository.get(session, number)
    return difference((since, old.document), (number, new.document))

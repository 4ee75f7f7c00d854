"""Credits over HTTP: one's own, and every quota for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from backend.accounts.dependencies import NOT_ADMINISTERING, ActorDep, Administrator
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.usage import presentation, repository, service
from backend.usage.models import QuotaOf
from backend.usage.schemas import QuotaPage, QuotaPublic, QuotaWrite, UsagePublic

router = APIRouter(tags=["usage"])

_NONE: Final[dict[int | str, dict[str, Any]]] = {
    **NOT_ADMINISTERING,
    404: {"model": Problem, "description": "There is no such quota."},
}


@router.get("/me/usage")
def read_my_usage(actor: ActorDep, session: SessionDep, context: ContextDep) -> UsagePublic:
    """Say what one has spent today and this month, what one's team has, and what is left."""
    return presentation.usage_of(session, context.settings, actor)


@router.get("/quotas", responses=NOT_ADMINISTERING)
def list_quotas(  # noqa: PLR0913 - each is a part of the request
    *,
    session: SessionDep,
    _administrator: Administrator,
    context: ContextDep,
    of: Annotated[
        QuotaOf | None, Query(description="Only those of people, teams or roles.")
    ] = None,
    subject: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Only those of this person or team, by id, or of this role, by name.",
        ),
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> QuotaPage:
    """List the quotas there are, newest first, what was spent of each, and what holds otherwise."""
    rows, following = repository.quotas(session, of=of, subject=subject, cursor=cursor, limit=limit)
    return QuotaPage(
        items=presentation.quotas_of(session, rows),
        next_cursor=following,
        otherwise=service.otherwise(context.settings),
    )


@router.put("/quotas", responses=NOT_ADMINISTERING)
def set_quota(wanted: QuotaWrite, session: SessionDep, administrator: Administrator) -> QuotaPublic:
    """Set the quota of a person, a team or a role, from now on; what was spent counts."""
    row = service.set_quota(session, administrator.id, wanted)
    return presentation.quotas_of(session, [row])[0]


@router.delete("/quotas/{quota_id}", status_code=204, responses=_NONE)
def remove_quota(
    quota_id: Annotated[str, Path(max_length=26, description="As the list names it.")],
    session: SessionDep,
    administrator: Administrator,
) -> None:
    """Remove a quota: what holds otherwise holds again."""
    service.remove_quota(session, administrator.id, quota_id)

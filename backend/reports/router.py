"""The usage report over HTTP, for administrators."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator
from backend.kit.database import SessionDep
from backend.reports import service, table
from backend.reports.schemas import By, UsageReport
from backend.reports.span import EARLIEST, LATEST, MOST_DAYS, Span, span_of
from backend.usage.periods import today

router = APIRouter(prefix="/usage", tags=["usage"], responses=NOT_ADMINISTERING)

DayQuery = Annotated[date | None, Query(ge=EARLIEST, le=LATEST)]


def wanted_span(
    session: SessionDep,
    _administrator: Administrator,
    first: Annotated[
        DayQuery,
        Query(alias="from", description=f"The first day; at most {MOST_DAYS} days in all."),
    ] = None,
    last: Annotated[DayQuery, Query(alias="to", description="The last day; usually today.")] = None,
) -> Span:
    """Return the days that are asked for; the last thirty, where nothing is said."""
    return span_of(first, last, today(session).day)


SpanDep = Annotated[Span, Depends(wanted_span)]
ByQuery = Annotated[By, Query(description="What the figures are told apart by.")]


@router.get("/report")
def read_report(
    session: SessionDep,
    span: SpanDep,
    by: ByQuery = By.DAY,
    compare: Annotated[bool, Query(description="Tell the days before, too.")] = False,
) -> UsageReport:
    """Say what was drawn in some days: how much, for how many credits, how fast, and how much was held."""
    return service.report(session, span, by, compare=compare)


@router.get(
    "/report.csv",
    response_class=StreamingResponse,
    responses={200: {"description": "A table.", "content": {"text/csv": {}}}},
)
def export_report(session: SessionDep, span: SpanDep, by: ByQuery = By.DAY) -> StreamingResponse:
    """Fetch the rows of the report as a table, all of them."""
    rows = service.rows(session, span, by)
    name = f"atelier-usage-{by}-{span.first}-{span.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(
        table.lines(rows), media_type="text/csv; charset=utf-8", headers=headers
    )

"""`/api/v1/grids`: submit, list, read, cancel, and the contact sheet. Whose they are sees them, nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from backend.accounts.dependencies import ActorDep, Generator
from backend.generations.examples import REFUSED
from backend.generations.origin import OriginDep
from backend.generations.recall import NOTHING_RECALLED, Recalled
from backend.generations.router import FreshQuery, looked_at
from backend.grids import repository, service
from backend.grids.cards import EarlyGenerator, GridBody, SpreadDep
from backend.grids.marking import signing
from backend.grids.presentation import present, present_page
from backend.grids.schemas import MOST_ON_SHEET, GridPage, GridPrice, GridPublic, SheetVariant
from backend.grids.sheet import Sheet, SheetPlan, sheet_of
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.etags import names_tag
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.provenance.marker import marker_of

router = APIRouter(prefix="/grids", tags=["grids"])

GridId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,26}$",
        description="Id of a grid.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
KeyHeader = Annotated[
    str | None,
    Header(max_length=255, min_length=1, description="The same key again is the same grid."),
]
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "No such grid of yours."}
}
_ACCEPTED: Final[dict[int | str, dict[str, Any]]] = {
    **REFUSED,
    200: {"description": "The grid this Idempotency-Key made before, or a dry run's price."},
}
_SHEET: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The sheet; what is not released is a grey tile that says why.",
    },
    304: {"description": "You have these bytes already."},
    404: {"model": Problem, "description": "No such grid of yours, or it has fewer sheets."},
}


async def foreseen_room(
    request: Request,
    actor: EarlyGenerator,
    asked: SpreadDep,
    context: ContextDep,
    *,
    fresh: FreshQuery = False,
) -> Mapping[int, Recalled]:
    """Refuse whom the limits would refuse before a transaction is begun that writes; return the cells drawn before."""
    if "dry_run" in request.query_params:
        return NOTHING_RECALLED
    key = request.headers.get("idempotency-key")
    return await run_in_threadpool(
        service.foresee, context, actor, asked, idempotency_key=key, fresh=fresh
    )


RecalledDep = Annotated[Mapping[int, Recalled], Depends(foreseen_room)]


@router.post(
    "",
    status_code=202,
    responses=_ACCEPTED,
    dependencies=[Depends(looked_at, scope="function")],
)
def submit_grid(  # noqa: PLR0913
    *,
    asked: SpreadDep,
    recalled: RecalledDep,
    wanted: GridBody,
    actor: Generator,
    session: SessionDep,
    context: ContextDep,
    response: Response,
    idempotency_key: KeyHeader = None,
    origin: OriginDep,
    dry_run: Annotated[bool, Query(description="Only say what it would cost.")] = False,
    fresh: FreshQuery = False,
) -> GridPublic | GridPrice:
    """Accept a grid with all its cells, or none: 202 when it is new, 200 when its key is known or with `dry_run`."""
    if dry_run:
        response.status_code = 200
        return service.price(session, context, actor, asked, fresh=fresh)
    submitted = service.submit(
        session,
        context,
        actor,
        wanted,
        asked,
        idempotency_key=idempotency_key,
        origin=origin,
        fresh=fresh,
        recalled=recalled,
    )
    response.status_code = 202 if submitted.is_new else 200
    return present(session, context, submitted.row)


@router.get("")
def list_grids(
    actor: ActorDep, session: SessionDep, cursor: CursorQuery = None, limit: LimitQuery = USUAL_PAGE
) -> GridPage:
    """List your own grids, newest first."""
    rows, following = repository.page(session, actor, cursor=cursor, limit=limit)
    return GridPage(items=present_page(session, rows), next_cursor=following)


@router.get("/{grid_id}", responses=_ABSENT)
def read_grid(
    grid_id: GridId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GridPublic:
    """Read one of your own grids with all its cells."""
    return present(session, context, repository.get(session, actor, grid_id))


@router.post("/{grid_id}/cancel", responses=_ABSENT)
def cancel_grid(
    grid_id: GridId, actor: ActorDep, session: SessionDep, context: ContextDep
) -> GridPublic:
    """Stop whatever of a grid is queued or runs; what was drawn stays."""
    return present(session, context, service.cancel(session, context, actor, grid_id))


@router.get("/{grid_id}/sheet", response_class=Response, responses=_SHEET)
def get_sheet(  # noqa: PLR0913 - each is a part of the request
    *,
    grid_id: GridId,
    actor: ActorDep,
    session: SessionDep,
    context: ContextDep,
    variant: Annotated[
        SheetVariant, Query(description="How large its images are.")
    ] = SheetVariant.FULL,
    z: Annotated[
        int,
        Query(
            ge=0,
            le=MOST_ON_SHEET - 1,
            description="Which of several sheets: the place of its value of z.",
        ),
    ] = 0,
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Fetch a contact sheet: one PNG of the images, with the values along its edges; with a third axis, one for each of its values."""
    grid = repository.get(session, actor, grid_id)
    sheet = sheet_of(session, grid, variant, z)
    if names_tag(if_none_match, sheet.tag):
        return Response(status_code=304, headers=sheet.headers)

    def look() -> SheetPlan:
        with context.database.read() as later:
            return sheet_of(later, repository.get(later, actor, grid_id), variant, z)

    return Sheet(look, context.storage, signing(marker_of(context.settings), grid, z))

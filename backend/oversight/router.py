"""The audit over HTTP, for administrators: look, export, check its end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from backend.accounts.dependencies import NOT_ADMINISTERING, Administrator, resolve_actor
from backend.accounts.permissions import ADMINISTER
from backend.audit.format import Format
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.oversight import service
from backend.oversight.schemas import AuditCheck, AuditPageWanted, AuditWanted, OverseenPage

router = APIRouter(
    prefix="/audit",
    tags=["audit"],
    responses=NOT_ADMINISTERING,
)

_MEDIA = {Format.JSONL: "application/jsonl", Format.CSV: "text/csv; charset=utf-8"}


class ExportWanted(AuditWanted):
    """Which entries are wanted, and as what."""

    format: Format = Field(default=Format.JSONL, description="What it is written as.")


@router.get("")
def list_audit(
    session: SessionDep, _administrator: Administrator, wanted: Annotated[AuditPageWanted, Query()]
) -> OverseenPage:
    """List who did what, newest first."""
    return service.look(session, wanted)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A file: an entry a line, newest first.",
            "content": {"application/jsonl": {}, "text/csv": {}},
        }
    },
)
def export_audit(
    request: Request,
    administrator: Administrator,
    context: ContextDep,
    wanted: Annotated[ExportWanted, Query()],
) -> StreamingResponse:
    """Write out every entry that is wanted; that it was asked for is an entry too."""
    lines = service.write_out(
        context.database,
        administrator,
        AuditWanted(**wanted.model_dump(exclude={"format"})),
        wanted.format,
        lambda: _may_still(context, request),
    )
    name = f'attachment; filename="atelier-audit.{wanted.format.value}"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type=_MEDIA[wanted.format], headers=headers)


@router.get("/verify")
def verify_audit(session: SessionDep, _administrator: Administrator) -> AuditCheck:
    """Check the last entries of the chain, and give an anchor; `atelier audit verify` checks it all."""
    return service.check(session)


def _may_still(context: Context, request: Request) -> bool:
    actor = resolve_actor(context, request.headers)
    return actor is not None and actor.may(ADMINISTER)

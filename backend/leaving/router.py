"""Leaving over HTTP: taking one's things along, and what administrators do when somebody goes."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from backend.accounts.actor import Actor
from backend.accounts.dependencies import NOT_ADMINISTERING, ActorDep, Administrator
from backend.accounts.models import User
from backend.kit.clock import utc_now
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Conflict, FieldProblem, Problem, Unprocessable
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.leaving import erasure, export, purging, reports, repository, trash
from backend.leaving.schemas import (
    Emptied,
    ErasureConfirmation,
    ErasurePage,
    ErasureReport,
    Transfer,
    Transferred,
)
from backend.leaving.transfer import transfer
from backend.moderation.presentation import one
from backend.moderation.router import FlagId, Reviewer
from backend.moderation.schemas import FlagPublic, Purge

router = APIRouter(tags=["leaving"])

PersonId = Annotated[str, Path(max_length=26, description="Id of a person.")]
ErasureId = Annotated[str, Path(max_length=26, description="Id of an erasure.")]

_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The zip, as it is being written.",
    }
}
_FORESEEN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "With `dry_run`: what would go and stay.", "model": ErasureReport}
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    **NOT_ADMINISTERING,
    404: {"model": Problem, "description": "There is no such person or erasure."},
}
_NOT_NOW: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "A legal hold, or something under way, forbids it."}
}
_NOT_PURGED: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "You do not review, made it, or asked first."},
    404: {"model": Problem, "description": "There is no such case."},
    409: {"model": Problem, "description": "It is not rejected, or a legal hold forbids it."},
}


@router.post("/me/export", response_class=StreamingResponse, responses=_ZIP)
def export_me(actor: ActorDep, session: SessionDep, context: ContextDep) -> StreamingResponse:
    """Fetch everything that the studio keeps of you: a zip of JSON lines and pictures, with hashes."""
    return _exported(session, context, actor, repository.get_person(session, actor.id))


@router.post("/library/trash/empty")
def empty_trash(actor: ActorDep, session: SessionDep, context: ContextDep) -> Emptied:
    """Delete what is in your trash for good, with its files; asked again while anything is left."""
    return trash.empty(session, context.storage, actor)


@router.post(
    "/people/{person_id}/export",
    response_class=StreamingResponse,
    responses={**_ZIP, **_REFUSED},
)
def export_person(
    person_id: PersonId, administrator: Administrator, session: SessionDep, context: ContextDep
) -> StreamingResponse:
    """Fetch everything that the studio keeps of a person, as they themselves would."""
    return _exported(session, context, administrator, repository.get_person(session, person_id))


@router.post("/moderation/flags/{flag_id}/purge", tags=["moderation"], responses=_NOT_PURGED)
def purge_image(
    flag_id: FlagId, wanted: Purge, reviewer: Reviewer, session: SessionDep, context: ContextDep
) -> FlagPublic:
    """Have the files of a rejected image removed for good: two reviewers ask for it, each here."""
    case = purging.purge(session, context.storage, reviewer, flag_id, wanted.note)
    return one(session, reviewer, case)


@router.post("/people/{person_id}/transfer", responses={**_REFUSED, **_NOT_NOW})
def transfer_work(
    person_id: PersonId, wanted: Transfer, administrator: Administrator, session: SessionDep
) -> Transferred:
    """Hand a person's generations, images and galleries on to another one, all or nothing."""
    giver = repository.get_person(session, person_id)
    return transfer(session, administrator.id, giver, repository.get_person(session, wanted.to))


@router.post(
    "/people/{person_id}/erase", status_code=202, responses={**_FORESEEN, **_REFUSED, **_NOT_NOW}
)
def erase_person(  # noqa: PLR0913 - each is a part of the request
    *,
    person_id: PersonId,
    wanted: ErasureConfirmation,
    administrator: Administrator,
    session: SessionDep,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only say what would go and stay.")] = False,
) -> ErasureReport:
    """Erase everything of a person, for good: 202 and the report so far; it goes on by itself."""
    person = repository.get_person(session, person_id)
    if dry_run:
        response.status_code = 200
        return reports.foreseen(session, administrator.id, person)
    _refuse_oneself(administrator, person)
    _refuse_unconfirmed(wanted, person)
    return reports.of(session, erasure.ask(session, administrator.id, person))


@router.get("/erasures", responses=NOT_ADMINISTERING)
def list_erasures(
    _administrator: Administrator,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> ErasurePage:
    """List the reports of erasures, newest first."""
    found, following = repository.erasure_page(session, cursor=cursor, limit=limit)
    return ErasurePage(items=[reports.of(session, one) for one in found], next_cursor=following)


@router.get("/erasures/{erasure_id}", responses=_REFUSED)
def read_erasure(
    erasure_id: ErasureId, _administrator: Administrator, session: SessionDep
) -> ErasureReport:
    """Read the report of one erasure, and whether it has ended."""
    return reports.of(session, repository.get_erasure(session, erasure_id))


def _exported(
    session: SessionDep, context: Context, actor: Actor, person: User
) -> StreamingResponse:
    export.write_down(session, actor.id, person)
    name = export.name_of(person, utc_now())
    return StreamingResponse(
        export.export(context.database, context.storage, person),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _refuse_oneself(administrator: Actor, person: User) -> None:
    if person.id == administrator.id:
        raise Conflict("This is your own account; another administrator has to erase it.")


def _refuse_unconfirmed(wanted: ErasureConfirmation, person: User) -> None:
    if not erasure.is_meant(person, wanted.confirm):
        problem = FieldProblem(field="confirm", message="is not this person's", nearest=None)
        raise Unprocessable(
            "confirm: type the person's e-mail address once more (or their id, where they have none); "
            "what is erased does not come back",
            fields=[problem],
        )

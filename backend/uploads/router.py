"""`/api/v1/uploads`: pictures that one brings to draw from. Only their owner sees them, on every request.

Deleting one is `recipes.unneeded`'s: what is still to be drawn from it has a say. The endpoint that receives reads the body itself, after it has asked who sends it: FastAPI would read first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from backend.accounts.actor import Actor
from backend.accounts.dependencies import ActorDep, signed_in
from backend.accounts.permissions import GENERATE
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep, run_writing
from backend.kit.errors import Problem
from backend.kit.etags import names_tag
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.uploads import repository, service
from backend.uploads.credentials import credentials_in
from backend.uploads.decoding import Picture, decode
from backend.uploads.forms import NOT_RECEIVED, picture_form
from backend.uploads.receiving import received
from backend.uploads.schemas import CONTENT_TYPE, UploadPage, UploadPublic

PATH: Final = "/api/v1/uploads"

router = APIRouter(prefix="/uploads", tags=["uploads"])

UploadId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,26}$",
        description="Id of an upload.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or not yours."}
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    **NOT_RECEIVED,
    409: {"model": Problem, "description": "You have as many uploads as you may have."},
    415: {"model": Problem, "description": "The body is not multipart/form-data."},
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": picture_form("A still PNG, JPEG or WebP of at most 16 million pixels."),
    }
}
_WEBP: Final = {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}


async def who_may_upload(context: ContextDep, actor: Annotated[Actor, Depends(signed_in)]) -> Actor:
    """Return who asks, if they may keep one more, before anything of the file is read."""
    actor.must(GENERATE)
    await run_writing(_check_room, context, actor)
    return actor


@router.post("", status_code=201, responses=_REFUSED, openapi_extra=_BODY)
async def create_upload(
    request: Request, context: ContextDep, actor: Annotated[Actor, Depends(who_may_upload)]
) -> UploadPublic:
    """Bring a picture. It is kept upright, in sRGB, at most 2048 pixels long, without its metadata.

    A C2PA manifest is kept beside it: it names the picture in what is drawn over it.
    """
    async with received(request) as file:
        picture = await decode(file)
        credentials = await credentials_in(file)
    picture = replace(picture, credentials=credentials)
    return await run_writing(_kept, context, actor, picture)


@router.get("")
def list_uploads(
    session: SessionDep, actor: ActorDep, cursor: CursorQuery = None, limit: LimitQuery = USUAL_PAGE
) -> UploadPage:
    """List your own uploads, newest first."""
    rows, following = repository.own_page(session, actor, cursor=cursor, limit=limit)
    return UploadPage(items=list(map(UploadPublic.model_validate, rows)), next_cursor=following)


@router.get("/{upload_id}", responses=ABSENT)
def get_upload(session: SessionDep, actor: ActorDep, upload_id: UploadId) -> UploadPublic:
    """Read about one upload."""
    return UploadPublic.model_validate(repository.get(session, actor, upload_id))


@router.get(
    "/{upload_id}/content",
    response_class=Response,
    responses={
        200: {"content": _WEBP, "description": "The picture."},
        304: {"description": "You have these bytes already, and may still see them."},
        **ABSENT,
    },
)
def get_upload_content(
    *,
    session: SessionDep,
    actor: ActorDep,
    context: ContextDep,
    upload_id: UploadId,
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Fetch the picture itself, as it is kept."""
    row = repository.get(session, actor, upload_id)
    tag = f'"{row.storage_key[3:67]}"'
    headers = {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="upload-{row.id}.webp"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "ETag": tag,
        "Vary": "Cookie, Authorization",
    }
    if names_tag(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(service.read(context, row), media_type=CONTENT_TYPE, headers=headers)


def _check_room(context: Context, actor: Actor) -> None:
    with context.database.read() as session:
        service.check_room(session, context.settings, actor)


def _kept(context: Context, actor: Actor, picture: Picture) -> UploadPublic:
    key = context.storage.put(picture.data, suffix=service.SUFFIX)
    with context.database.write() as session:
        return UploadPublic.model_validate(service.keep(context, session, actor, picture, key))

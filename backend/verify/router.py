"""`POST /api/v1/verify` and the page `/verify`: whether a picture came from this studio. Anybody may ask.

The endpoints read the body themselves, after they have counted who sends it: FastAPI would read first. No token is
asked of the page's form: it changes nothing, and `kit.csrf` has looked at those who come with a cookie.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from backend.accounts.actor import Actor
from backend.accounts.dependencies import resolve_actor
from backend.kit.context import Context, ContextDep
from backend.kit.database import run_writing
from backend.kit.errors import AtelierError, Problem
from backend.kit.etags import names_tag
from backend.kit.places import places
from backend.kit.refusals import say_why
from backend.provenance.authority import authority_of
from backend.uploads.forms import NOT_RECEIVED, picture_form
from backend.uploads.receiving import received
from backend.verify import limits, pages, service
from backend.verify.examining import Evidence, examine_for
from backend.verify.schemas import Verification
from backend.verify.words import Words, language_for, words_in

PATH: Final = "/api/v1/verify"
PAGE: Final = "/verify"
MOST_SENT: Final = 110_000_000
"""Bytes; as much as ATELIER_UPLOAD_MEGABYTES may say, and the form around it."""
RECEIVED_AT_ONCE: Final = 8
PEM: Final = "application/x-pem-file"

router = APIRouter(prefix="/verify", tags=["verify"])
page = APIRouter(prefix=PAGE, include_in_schema=False)

_places = places("atelier_verify_received", RECEIVED_AT_ONCE)
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    408: NOT_RECEIVED[408],
    413: {"model": Problem, "description": "The body is larger than an upload may be."},
    415: {"model": Problem, "description": "The body is not multipart/form-data."},
    429: {"model": Problem, "description": "Too many pictures a minute; Retry-After says when."},
    503: {"model": Problem, "description": "Too many wait at the moment; Retry-After says when."},
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": picture_form("A still PNG, JPEG or WebP of at most 16 million pixels."),
    }
}


def words_for(
    accept_language: Annotated[str, Header()] = "", lang: Annotated[str, Query()] = ""
) -> Words:
    """Return the words of the language that is asked for, or that the browser likes best."""
    return words_in(language_for(accept_language, lang))


WordsDep = Annotated[Words, Depends(words_for)]


@router.post("", responses=_REFUSED, openapi_extra=_BODY)
async def verify_picture(request: Request, context: ContextDep) -> Verification:
    """Say whether a picture came from this studio. Nobody has to sign in, and the file is not kept.

    Somebody signed in is told which image it is, if they may open that.
    """
    return await _answered(request, context, await _examined(request, context))


@router.get(
    "/root.pem",
    response_class=Response,
    responses={
        200: {
            "content": {PEM: {"schema": {"type": "string"}}},
            "description": "Certificates in PEM: what readers have to trust.",
        },
        304: {"description": "You have these bytes already."},
    },
)
def read_root(
    context: ContextDep, if_none_match: Annotated[str | None, Header(max_length=4096)] = None
) -> Response:
    """Fetch the certificates that readers of C2PA have to trust to know this studio's signatures. They are public."""
    root = authority_of(context.settings).root
    tag = f'"{sha256(root).hexdigest()}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if names_tag(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'attachment; filename="atelier-root.pem"'
    return Response(root, media_type=PEM, headers=headers)


@page.get("")
def open_page(context: ContextDep, words: WordsDep) -> Response:
    """Show the form."""
    return pages.Shown(words, context.settings).form()


@page.post("")
async def check_on_page(
    request: Request, context: ContextDep, words: WordsDep, part: Annotated[str, Query()] = ""
) -> Response:
    """Show the answer to the form; what is wrong with the file stands there, too. For the script: `part=answer` alone."""
    shown = pages.Shown(words, context.settings, alone=part == "answer")
    try:
        pages.check_size(request.headers, context.settings)
        evidence = await _examined(request, context)
        said = await _answered(request, context, evidence)
    except AtelierError as error:
        say_why(request.scope, error.code)
        return shown.refusal(error)
    return shown.answer(said, evidence)


async def _examined(request: Request, context: Context) -> Evidence:
    await limits.count(request, context)
    async with received(request, _places) as file:
        return await examine_for(context.settings, file)


async def _answered(request: Request, context: Context, evidence: Evidence) -> Verification:
    actor = await run_writing(resolve_actor, context, request.headers)
    return await run_in_threadpool(_answer, context, evidence, actor)


def _answer(context: Context, evidence: Evidence, actor: Actor | None) -> Verification:
    with context.database.read() as session:
        return service.answer(session, context.settings, evidence, actor)

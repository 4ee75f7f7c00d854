"""`/api/v1/restorations`: the settings that a picture, or a pasted text, carries. Nothing of it is kept.

The endpoint reads the body itself, after it has asked who sends it: FastAPI would read first.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires_before
from backend.accounts.permissions import GENERATE
from backend.catalog.service import CatalogDep
from backend.kit.context import ContextDep
from backend.kit.errors import FieldProblem, Problem, Unprocessable
from backend.restorations import service
from backend.restorations.found import Found
from backend.restorations.schemas import MOST_TEXT, Restoration, RestorationText
from backend.uploads.forms import NOT_RECEIVED, picture_form
from backend.uploads.receiving import received

PATH: Final = "/api/v1/restorations"
_MOST_BYTES: Final = MOST_TEXT * 6 + 100  # a character is six bytes where JSON escapes it

router = APIRouter(prefix="/restorations", tags=["restorations"])

EarlyGenerator = Annotated[Actor, Depends(requires_before(GENERATE))]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    **NOT_RECEIVED,
    415: {"model": Problem, "description": "The body is neither multipart/form-data nor JSON."},
    503: {"model": Problem, "description": "The model is still loading."},
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            **picture_form("A PNG, JPEG or WebP as its tool wrote it."),
            "application/json": {"schema": RestorationText.model_json_schema()},
        },
    }
}


@router.post("", responses=_REFUSED, openapi_extra=_BODY)
async def create_restoration(
    request: Request, catalog: CatalogDep, context: ContextDep, actor: EarlyGenerator
) -> Restoration:
    """Read the settings that a picture carries, and say which of them cannot be had here."""
    return await service.restoration_of(await _found_in(request), catalog, context, actor)


async def _found_in(request: Request) -> Found:
    if request.headers.get("content-type", "").lower().startswith("application/json"):
        return await service.read_text(await _text_of(request))
    async with received(request) as file:
        return await service.read_file(file)


async def _text_of(request: Request) -> str:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            limit = f"at most {MOST_TEXT} characters"
            problem = FieldProblem(field="text", message=f"must have {limit}", limit=limit)
            raise Unprocessable(f"text {problem.message}", fields=[problem])
    try:
        return RestorationText.model_validate_json(body).text
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error

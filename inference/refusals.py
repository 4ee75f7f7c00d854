"""What the inference app answers instead of an image: `{code, message, retryable}`, in words.

Of bad input it says which field, which limit and which value would be good. An answer is brief whatever
was sent, and is always JSON: names are told escaped, and no value but a short one is sent back.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette import status
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.protocol import (
    MAX_CONTROLS,
    MAX_PICTURE_BYTES,
    InferenceError,
    InvalidParameters,
    problem_of,
)

MAX_BODY_BYTES: Final = 2**20
# A picture, its mask and what ControlNets see, in base64, and the parameters.
MAX_DRAWN_OVER_BYTES: Final = (2 + MAX_CONTROLS) * MAX_PICTURE_BYTES * 4 // 3 + MAX_BODY_BYTES
TOLD_AT_MOST: Final = 5
NAME_AT_MOST: Final = 40
_A_BODY: Final = "a JSON object sent as application/json"
_NO_BODY: Final = f"cannot be read as JSON; send {_A_BODY}"
DRAWS: Final = "/v1/generate"  # the path that takes pictures

Found = Mapping[str, Any]  # one entry of pydantic's `errors()`
Place = Sequence[int | str]


def refuse_in_words(app: FastAPI) -> None:
    """Make `app` answer in this shape whatever it refuses, and take no body that is too long."""
    app.add_exception_handler(InferenceError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unread)
    app.add_middleware(BodyLimit)


class BodyLimit:
    """Stops reading a body that is too long. Starlette's own limit would answer in another shape."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app inside, which learns of a body that is too long as it reads it."""
        read, limit = 0, _limit_of(scope)

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE)
            return message

        await self.app(scope, limited, send)


def _limit_of(scope: Scope) -> int:
    """Return how many bytes a body may have there."""
    return MAX_DRAWN_OVER_BYTES if scope.get("path") == DRAWS else MAX_BODY_BYTES


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, InferenceError)  # noqa: S101 - registered for that class only
    headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:g}"}
    return JSONResponse(problem_of(error), error.http_status, headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class only
    found = error.errors()
    told = [f"{_name(one['loc'])} {_advice(request, one)}" for one in found[:TOLD_AT_MOST]]
    more = [f"and {len(found) - TOLD_AT_MOST} more"] if len(found) > TOLD_AT_MOST else []
    return _bad_input("; ".join(told + more))


async def _unread(request: Request, error: Exception) -> Response:
    """Tell of a body that FastAPI could not take; what is not about a body is Starlette's to tell."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for that class only
    match error.status_code:
        case status.HTTP_400_BAD_REQUEST:
            return _bad_input(f"body {_NO_BODY}")
        case status.HTTP_413_CONTENT_TOO_LARGE:
            too_long = f"must be at most {_limit_of(request.scope)} bytes; send the parameters and nothing else"
            return _bad_input(f"body {too_long}", error.status_code)
    return await http_exception_handler(request, error)


def _bad_input(message: str, code: int = InvalidParameters.http_status) -> Response:
    return JSONResponse(problem_of(InvalidParameters(message)), code)


def _name(place: Place) -> str:
    """Return `pictures.control.1` for ("body", "pictures", "control", 1), and `body` for all of it or a place in its text."""
    named = place[1:] if isinstance(place[-1], str) or len(place) > 2 else ()  # noqa: PLR2004
    return ".".join(_brief(str(part)) for part in named or ("body",))


def _advice(request: Request, found: Found) -> str:
    """Say what is wrong with a field and what it should be instead."""
    match found["type"]:
        case "extra_forbidden":
            return f"is not a field here; known are {', '.join(_known(request, found['loc']))}"
        case "missing":
            return "is required" if len(found["loc"]) > 1 else f"is required: {_A_BODY}"
        case "json_invalid":
            return _NO_BODY
        case "model_attributes_type" | "model_type":
            return f"must be {_A_BODY}" if len(found["loc"]) == 1 else "must be an object"
    return str(found["msg"]).replace("Input should", "should", 1)


def _known(request: Request, place: Place) -> list[str]:
    """Return the fields that are known beside the unknown one at `place`."""
    model: Any = request.scope["route"].body_field.field_info.annotation
    for part in place[1:-1]:
        model = get_args(model)[0] if isinstance(part, int) else model.model_fields[part].annotation
    assert issubclass(model, BaseModel)  # noqa: S101 - nothing else forbids fields
    return list(model.model_fields)


def _brief(name: str) -> str:
    """Return `name` for people: short, and without what no encoder can write."""
    plain = name.isascii() and name.isprintable() and len(name) <= NAME_AT_MOST
    return name if plain else reprlib.repr(name)

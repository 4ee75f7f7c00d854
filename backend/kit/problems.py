"""Every refusal as `application/problem+json`: our own errors, wrong fields, inference's, and the rest.

What went wrong inside is logged with the request's id; the caller reads the id, never the inside.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from anyio import BrokenResourceError, ClosedResourceError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.database import AWAY, is_full
from backend.kit.errors import (
    AtelierError,
    DatabaseFull,
    Forbidden,
    NotReady,
    NotSignedIn,
    Problem,
    Unprocessable,
)
from backend.kit.fields import field_problems
from backend.kit.refusals import say_why
from inference.protocol import InferenceError, Refused
from inference.request_ids import request_id, trace_id

MEDIA_TYPE = "application/problem+json"
_SERVER_ERROR = 500
_FULL_FOR_S = 10
_MAKE_ROOM = (
    "The disk of the database is full, so nothing new can be kept; what is there is safe. "
    "An administrator has to make room; try again then."
)
_log = logging.getLogger("atelier.errors")


def answer_with_problems(app: FastAPI) -> None:
    """Make `app` answer every known kind of failure with a Problem."""
    app.add_exception_handler(AtelierError, _refused)
    app.add_exception_handler(RequestValidationError, _wrong_fields)
    app.add_exception_handler(InferenceError, _inference_failed)
    app.add_exception_handler(DataError, _not_to_be_kept)
    for away in AWAY:
        app.add_exception_handler(away, _database_away)
    app.add_exception_handler(HTTPException, _http)


def respond(problem: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return `problem` as a response that no cache keeps."""
    problem.request_id, problem.trace_id = request_id(), trace_id()
    return JSONResponse(
        problem.model_dump(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


class LastResort:
    """Answers what nothing else caught with a plain 500. Pure ASGI, so that streams pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app inside; if it breaks before it began to answer, answer for it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if began and _reader_left(error):
                return
            _log.exception("an error that nothing handled")
            if began:
                raise
            await respond(_unexpected())(scope, receive, send)


def _reader_left(error: Exception) -> bool:
    """Return whether an event stream ended only because nobody reads it any longer.

    FastAPI closes the end that is read before it stops the task that writes to it, and so raises what happens every
    time that somebody closes a page: https://github.com/fastapi/fastapi/discussions/15725.
    """
    if not isinstance(error, ExceptionGroup):
        return False
    return error.split((BrokenResourceError, ClosedResourceError))[1] is None


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AtelierError)  # noqa: S101 - what the handler is registered for
    if isinstance(error, NotSignedIn | Forbidden):
        say_why(request.scope, error.code)
    _follow_up(request, error)
    problem = Problem(
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.message,
        fields=error.fields,
    )
    headers = _retry_after(error.retry_after)
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return respond(problem, headers)


def _follow_up(request: Request, error: AtelierError) -> None:
    """Let a refusal write down what it has to, now that its request was rolled back; it is answered all the same."""
    context = getattr(request.app.state, "context", None)
    if context is None:
        return  # an application of somebody else's, which keeps nothing
    try:
        error.after(context)
    except SQLAlchemyError:
        _log.exception("a refusal could not be written down")


def _database_away(request: Request, error: Exception) -> JSONResponse:
    if is_full(error):
        _log.error("the disk of the database is full: make room")
        return _refused(request, DatabaseFull(_MAKE_ROOM, retry_after=_FULL_FOR_S))
    _log.error("the database does not answer: %s", error)
    away = NotReady("The database does not answer; try again in a few seconds.", retry_after=3)
    return _refused(request, away)


def _not_to_be_kept(request: Request, error: Exception) -> JSONResponse:
    """Answer for a value that passed every check and that PostgreSQL has no way to hold, such as NUL."""
    _log.warning("the database cannot hold a value: %s", type(error).__name__)
    why = (
        "A value here holds a character or a number that cannot be kept, such as NUL; leave it out."
    )
    return _refused(request, Unprocessable(why))


def _wrong_fields(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = field_problems(request, error)
    return respond(
        Problem(
            title=Unprocessable.title,
            status=Unprocessable.status,
            code=Unprocessable.code,
            detail="; ".join(f"{field.field} {field.message}" for field in fields),
            fields=fields,
        )
    )


def _inference_failed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InferenceError)  # noqa: S101
    _log.warning("inference: %s: %s", error.code, error.message)
    detail = error.message if isinstance(error, Refused) else _what_to_do(error)
    title = HTTPStatus(error.http_status).phrase
    problem = Problem(title=title, status=error.http_status, code=error.code, detail=detail)
    return respond(problem, _retry_after(error.retry_after))


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:  # FastAPI's word for bytes that are no text
        return _refused(request, Unprocessable("The body could not be read; send JSON in UTF-8."))
    problem = Problem(
        title=status.phrase,
        status=status.value,
        code=status.name.lower(),
        detail=str(error.detail) if status < _SERVER_ERROR else _unexpected().detail,
    )
    return respond(problem, dict(error.headers or {}))


def _unexpected() -> Problem:
    return Problem(
        title="Something went wrong",
        status=_SERVER_ERROR,
        code="unexpected",
        detail=f"This is a mistake of ours. Try again; if it stays, tell an administrator the request id {request_id()}.",
    )


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(max(1, round(seconds)))}


def _what_to_do(error: InferenceError) -> str:
    if error.retryable:
        return "The machine that draws is busy or away at the moment; try again in a few seconds."
    return f"The machine that draws could not do this; an administrator can look up the request id {request_id()}."

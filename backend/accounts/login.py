"""Signing in and out in the browser: `/auth/login`, the way back from the provider, `/auth/logout`.

The studio never sees a password: it sends the browser to the provider and checks what comes back.
Nothing a provider or a query string says is shown; the log keeps it for the operator.
"""

from __future__ import annotations

import logging
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuthError
from fastapi import APIRouter, Depends, Query, Request
from joserfc.errors import JoseError
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from backend.accounts import pages, service
from backend.accounts.claims import identity_of
from backend.accounts.cookies import (
    drop_session_cookie,
    read_session_cookie,
    set_session_cookie,
)
from backend.accounts.dependencies import resolve_actor
from backend.accounts.devidp.guard import is_loopback_host
from backend.accounts.local_path import local_path
from backend.accounts.providers import Answer, Provider, UntrustedAnswerError
from backend.kit.context import Context, ContextDep
from backend.kit.errors import Forbidden

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}
# What a provider that does not keep to the rules makes Authlib raise, beside the errors it names.
_UNTRUSTED = (
    UntrustedAnswerError,
    AuthlibBaseError,
    JoseError,
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)

router = APIRouter(prefix="/auth", tags=["sign-in"], include_in_schema=False)


class SignedOut(BaseModel):
    """Where the browser goes next, so that the provider's session ends too."""

    redirect: str


def _provider_of(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


ProviderDep = Annotated[Provider, Depends(_provider_of)]


@router.get("/login")
async def login(
    request: Request,
    context: ContextDep,
    provider: ProviderDep,
    next_path: Annotated[str, Query(alias="next")] = "/",
    moved: str = "",
) -> Response:
    """Send the browser to the provider."""
    wanted = local_path(next_path)
    if not moved and _is_at_another_loopback_name(request, context):
        query = urlencode({"next": wanted, "moved": "1"})
        return RedirectResponse(f"{context.settings.base_url}/auth/login?{query}", 303)
    try:
        url = await provider.authorization_url(request, wanted)
    except (httpx2.HTTPError, *_UNTRUSTED) as error:
        return _unreachable(error, wanted)
    return RedirectResponse(url, 303, headers=_NO_STORE)


@router.get("/signed-out")
def signed_out() -> Response:
    """Say that it is done."""
    return pages.signed_out()


@router.post("/logout")
async def logout(request: Request, context: ContextDep, provider: ProviderDep) -> Response:
    """End the session here at once, and say where to end it at the provider."""
    session_id = read_session_cookie(context.settings, request.headers)
    ended = await run_in_threadpool(_end_session, context, session_id) if session_id else None
    url = await _sign_out_url(provider, context, ended) if ended else None
    response = JSONResponse(SignedOut(redirect=url or "/auth/signed-out").model_dump())
    drop_session_cookie(response, context.settings)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/{name}/callback")
async def callback(
    name: str, request: Request, context: ContextDep, provider: ProviderDep
) -> Response:
    """Take the browser back from the provider and begin its session."""
    if name != provider.name:
        return pages.failure("No such sign-in", "There is no provider of that name.", status=404)
    try:
        answer = await provider.answer(request)
    except OAuthError as error:
        return await _refused(error, request, context)
    except httpx2.HTTPError as error:
        return _unreachable(error, "/")
    except _UNTRUSTED as error:
        return _untrusted(error)
    try:
        session_id = await run_in_threadpool(_begin_session, context, provider, answer, request)
    except Forbidden as error:
        return pages.failure("This account is closed", error.message, status=403, offer=False)
    response = RedirectResponse(local_path(answer.next_path), 303, headers=_NO_STORE)
    set_session_cookie(response, context.settings, session_id)
    return response


def _begin_session(context: Context, provider: Provider, answer: Answer, request: Request) -> str:
    identity = identity_of(
        answer.claims,
        context.settings,
        issuer=provider.identity_issuer,
        provider=provider.name,
        adopts_local=provider.embedded is not None,
    )
    browser = service.Browser(
        user_agent=request.headers.get("user-agent", ""),
        id_token=answer.id_token,
        previous_session_id=read_session_cookie(context.settings, request.headers),
    )
    try:
        return _sign_in(context, identity, browser)
    except IntegrityError:  # the same person came in by two doors for the first time
        return _sign_in(context, identity, browser)


def _sign_in(context: Context, identity: service.Identity, browser: service.Browser) -> str:
    with context.database.write() as session:
        return service.sign_in(session, context.settings, identity, browser)


def _end_session(context: Context, session_id: str) -> service.Ended | None:
    with context.database.write() as session:
        return service.sign_out(session, session_id)


async def _sign_out_url(provider: Provider, context: Context, ended: service.Ended) -> str | None:
    if ended.provider != provider.name:
        return None
    try:
        return await provider.sign_out_url(
            ended.id_token, f"{context.settings.base_url}/auth/signed-out"
        )
    except (httpx2.HTTPError, *_UNTRUSTED) as error:
        _log.warning("the provider could not be asked where to sign out: %r", error)
        return None


async def _refused(error: OAuthError, request: Request, context: Context) -> Response:
    """Answer a refusal; a stale tab of somebody who is signed in by now simply goes home."""
    _log.warning("sign-in refused: %r", error.error)
    if error.error == "mismatching_state":
        if await run_in_threadpool(resolve_actor, context, request.headers):
            return RedirectResponse("/", 303, headers=_NO_STORE)
        return pages.failure(
            "This sign-in has expired",
            "It was left open for too long, used before, or started in another browser.",
            status=400,
        )
    if error.error == "access_denied":
        return pages.failure(
            "Sign-in was cancelled", "The provider says that access was not given.", status=403
        )
    return pages.failure(
        "Sign-in did not work", "The provider refused to sign you in. Please try again.", status=400
    )


def _untrusted(error: Exception) -> Response:
    _log.warning("sign-in answer not trusted: %r", error)
    return pages.failure(
        "Sign-in did not work",
        "The provider’s answer could not be trusted, so nobody was signed in. Please try again.",
        status=400,
    )


def _unreachable(error: Exception, next_path: str) -> Response:
    _log.error("the identity provider cannot be used: %r", error)
    return pages.failure(
        "The sign-in service is away",
        "The studio could not reach its identity provider. Please try again in a moment.",
        status=503,
        next_path=next_path,
    )


def _is_at_another_loopback_name(request: Request, context: Context) -> bool:
    """Whether the browser says localhost and the settings 127.0.0.1, or the other way round.

    Cookies belong to a name, so the sign-in has to start at the one it comes back to.
    """
    asked = request.headers.get("host", "")
    configured = urlsplit(context.settings.base_url).netloc
    return asked != configured and is_loopback_host(asked) and is_loopback_host(configured)

"""Signing in and out in the browser: `/auth/login`, the way back from the provider, `/auth/logout`.

The studio never sees a password: it sends the browser to the provider and checks what comes back.
Nothing a provider or a query string says is shown; the log keeps it for the operator.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.starlette_client import OAuthError
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from starlette.responses import JSONResponse, RedirectResponse, Response

from backend.accounts import pages, refusals, repository, service
from backend.accounts.admission import Identity
from backend.accounts.claims import identity_of
from backend.accounts.cookies import (
    drop_session_cookie,
    read_session_cookie,
    set_session_cookie,
)
from backend.accounts.devidp.guard import is_loopback_host
from backend.accounts.invites import service as invites
from backend.accounts.local_path import HOME, local_path
from backend.accounts.providers import Answer, Carried, Provider
from backend.kit.context import Context, ContextDep
from backend.kit.database import run_writing
from backend.kit.errors import Forbidden
from backend.kit.refusals import say_who

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(prefix="/auth", tags=["sign-in"], include_in_schema=False)


class SignedOut(BaseModel):
    """Where the browser goes next, so that the provider's session ends too."""

    redirect: str


def _providers_of(request: Request) -> Mapping[str, Provider]:
    providers: Mapping[str, Provider] = request.app.state.providers
    return providers


ProvidersDep = Annotated[Mapping[str, Provider], Depends(_providers_of)]


@router.get("/login")
async def login(  # noqa: PLR0913 - what a link may say
    *,
    request: Request,
    context: ContextDep,
    providers: ProvidersDep,
    next_path: Annotated[str, Query(alias="next")] = HOME,
    provider: str = "",
    invite: str = "",
    moved: str = "",
) -> Response:
    """Send the browser to the provider, or ask which; an invite is shown before it is used."""
    carried = Carried(local_path(next_path), invite)
    if not moved and _is_at_another_loopback_name(request, context):
        query = _query(carried, provider=provider, moved="1")
        return RedirectResponse(f"{context.settings.base_url}/auth/login?{query}", 303)
    if provider and provider not in providers:
        return refusals.unknown_provider()
    if invite and not await run_writing(_invite_holds, context, invite):
        return refusals.invite_ended(request)
    if not provider and (invite or len(providers) > 1):
        ways = {f"/auth/login?{_query(carried, provider=name)}": providers[name].table
                for name in providers}  # fmt: skip
        return pages.ways_in(ways, invited=bool(invite))
    return await _go(request, providers[provider or next(iter(providers))], carried)


@router.get("/signed-out")
def signed_out() -> Response:
    """Say that it is done."""
    return pages.signed_out()


@router.post("/logout")
async def logout(request: Request, context: ContextDep, providers: ProvidersDep) -> Response:
    """End the session here at once, and say where to end it at its provider."""
    session_id = read_session_cookie(context.settings, request.headers)
    ended = await run_writing(_end_session, context, session_id) if session_id else None
    url = await _sign_out_url(providers, context, ended) if ended else None
    response = JSONResponse(SignedOut(redirect=url or "/auth/signed-out").model_dump())
    drop_session_cookie(response, context.settings)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/{name}/callback")
async def callback(
    name: str, request: Request, context: ContextDep, providers: ProvidersDep
) -> Response:
    """Take the browser back from the provider and begin its session."""
    provider = providers.get(name)
    if provider is None:
        return refusals.unknown_provider()
    try:
        answer = await provider.answer(request)
    except OAuthError as error:
        return await refusals.refused(error, request, context, provider)
    except httpx2.HTTPError as error:
        return refusals.unreachable(error, provider, HOME)
    except refusals.UNTRUSTED as error:
        return refusals.untrusted(error, request, provider)
    return await _let_in(request, context, provider, answer)


async def _let_in(
    request: Request, context: Context, provider: Provider, answer: Answer
) -> Response:
    try:
        session_id = await run_writing(_begin_session, context, provider, answer, request)
    except Forbidden as error:
        await _say_who(request, context, answer)
        return refusals.closed(error, request, provider)
    next_path = local_path(answer.carried.next_path)
    if session_id is None:
        await _say_who(request, context, answer)
        return refusals.waits(request, provider, next_path)
    response = RedirectResponse(next_path, 303, headers=_NO_STORE)
    set_session_cookie(response, context.settings, session_id)
    return response


async def _say_who(request: Request, context: Context, answer: Answer) -> None:
    """Have the log name whoever is not let in, where they have an account."""
    person_id = await run_writing(_person_behind, context, answer)
    if person_id:
        say_who(request.scope, person_id)


async def _go(request: Request, provider: Provider, carried: Carried) -> Response:
    try:
        url = await provider.authorization_url(request, carried)
    except (httpx2.HTTPError, *refusals.UNTRUSTED) as error:
        return refusals.unreachable(error, provider, carried.next_path)
    return RedirectResponse(url, 303, headers=_NO_STORE)


def _query(carried: Carried, **more: str) -> str:
    """Return what a link to the sign-in says."""
    said = {"next": carried.next_path, "invite": carried.invite, **more}
    return urlencode({name: value for name, value in said.items() if value})


def _invite_holds(context: Context, token: str) -> bool:
    with context.database.read() as session:
        return invites.holds(session, token)


def _begin_session(
    context: Context, provider: Provider, answer: Answer, request: Request
) -> str | None:
    identity = identity_of(answer, provider, context.settings)
    browser = service.Browser(
        user_agent=request.headers.get("user-agent", ""),
        id_token=answer.id_token,
        previous_session_id=read_session_cookie(context.settings, request.headers),
    )
    invite = answer.carried.invite
    try:
        return _sign_in(context, identity, browser, invite)
    except IntegrityError:  # the same person came in by two doors for the first time
        return _sign_in(context, identity, browser, invite)


def _person_behind(context: Context, answer: Answer) -> str | None:
    """Return the id of whoever the provider describes, where they have an account."""
    with context.database.read() as session:
        subject = str(answer.claims["sub"])
        found = repository.find_user(session, issuer=answer.issuer, subject=subject)
    return found.id if found else None


def _sign_in(
    context: Context, identity: Identity, browser: service.Browser, invite: str
) -> str | None:
    with context.database.write() as session:
        return service.sign_in(session, context.settings, identity, browser, invite)


def _end_session(context: Context, session_id: str) -> service.Ended | None:
    with context.database.write() as session:
        return service.sign_out(session, context.settings, session_id)


async def _sign_out_url(
    providers: Mapping[str, Provider], context: Context, ended: service.Ended
) -> str | None:
    provider = providers.get(ended.provider)
    if provider is None:
        return None
    try:
        return await provider.sign_out_url(
            ended.id_token, f"{context.settings.base_url}/auth/signed-out"
        )
    except (httpx2.HTTPError, *refusals.UNTRUSTED) as error:
        _log.warning("the provider could not be asked where to sign out: %r", error)
        return None


def _is_at_another_loopback_name(request: Request, context: Context) -> bool:
    """Whether the browser says localhost and the settings 127.0.0.1, or the other way round.

    Cookies belong to a name, so the sign-in has to start at the one it comes back to.
    """
    asked = request.headers.get("host", "")
    configured = urlsplit(context.settings.base_url).netloc
    return asked != configured and is_loopback_host(asked) and is_loopback_host(configured)

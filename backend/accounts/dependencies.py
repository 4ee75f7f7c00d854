"""How an endpoint learns who asks, and refuses those who may not. Finding out is `recognition`'s work.

Everything is read anew on each request: a session ended, a key revoked or a person deactivated
counts from the next request on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from backend.accounts import recognition
from backend.accounts.actor import Actor
from backend.accounts.cookies import PLAIN_COOKIE
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import NotSignedIn

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# These two are for the OpenAPI document alone; `recognition` reads the headers itself.
_key_scheme = HTTPBearer(scheme_name="API key", auto_error=False)
_cookie_scheme = APIKeyCookie(name=PLAIN_COOKIE, scheme_name="Session", auto_error=False)


def current_actor(
    request: Request,
    context: ContextDep,
    session: SessionDep,
    _key: Annotated[object, Security(_key_scheme)],
    _cookie: Annotated[object, Security(_cookie_scheme)],
) -> Actor:
    """Return who asks.

    Raises:
        NotSignedIn: No session and no key, or one that has ended.
    """
    found = recognition.recognise(session, context.settings, request.headers)
    if found is None:
        raise _nobody()
    if found.stale and request.method not in _READING_METHODS:
        found.touch(session)
    elif found.stale:
        _touch_apart(context, found)
    return found.actor


ActorDep = Annotated[Actor, Depends(current_actor)]


def requires(permission: str) -> Callable[..., Actor]:
    """Return a dependency that gives the Actor, and refuses whoever lacks `permission`."""

    def permitted(actor: ActorDep) -> Actor:
        actor.must(permission)
        return actor

    return permitted


async def signed_in(request: Request, context: ContextDep) -> None:
    """Turn strangers away before something slow is asked; holds no transaction while that is done.

    Raises:
        NotSignedIn: No session and no key, or one that has ended.
    """
    if await run_in_threadpool(resolve_actor, context, request.headers) is None:
        raise _nobody()


def resolve_actor(context: Context, headers: Mapping[str, str]) -> Actor | None:
    """Return who sent `headers`, or None; for ASGI code, which has no dependencies.

    `headers` has lower-case names, as `starlette.datastructures.Headers(scope=scope)` has. It talks
    to the database, so call it through `run_in_threadpool` from async code.
    """
    with context.database.read() as session:
        found = recognition.recognise(session, context.settings, headers)
    if found is None:
        return None
    if found.stale:
        _touch_apart(context, found)
    return found.actor


def _touch_apart(context: Context, found: recognition.Recognised) -> None:
    """Note the visit in a transaction of its own: the one at hand only reads."""
    with context.database.write() as session:
        found.touch(session)


def _nobody() -> NotSignedIn:
    return NotSignedIn("sign in at /auth/login, or send `Authorization: Bearer <api key>`")

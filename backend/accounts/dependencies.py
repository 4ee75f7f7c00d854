"""How an endpoint learns who asks, and refuses those who may not. Finding out is `recognition`'s work.

Everything is read anew on each request: a session ended, a key revoked or a person deactivated
counts from the next request on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from backend.accounts import recognition
from backend.accounts.actor import Actor
from backend.accounts.cookies import PLAIN_COOKIE
from backend.accounts.permissions import ADMINISTER, GENERATE
from backend.kit.context import Context, ContextDep
from backend.kit.database import AWAY, SAFE_METHODS, SessionDep, run_writing
from backend.kit.errors import NotSignedIn, Problem
from backend.kit.refusals import say_who

_log = logging.getLogger("atelier.accounts")

# These two are for the OpenAPI document alone; `recognition` reads the headers itself.
_key_scheme = HTTPBearer(scheme_name="API key", auto_error=False)
_cookie_scheme = APIKeyCookie(name=PLAIN_COOKIE, scheme_name="Session", auto_error=False)


def recognised_actor(
    request: Request,
    context: ContextDep,
    session: SessionDep,
    _key: Annotated[object, Security(_key_scheme)],
    _cookie: Annotated[object, Security(_cookie_scheme)],
) -> Actor:
    """Return who asks, whatever they may do.

    Raises:
        NotSignedIn: No session and no key, or one that has ended.
    """
    found = recognition.recognise(session, context.settings, request.headers)
    if found is None:
        raise nobody(request.headers)
    say_who(request.scope, found.actor.id)
    if found.stale and request.method not in SAFE_METHODS:
        found.touch(session)
    elif found.stale:
        _touch_apart(context, found)
    return found.actor


RecognisedDep = Annotated[Actor, Depends(recognised_actor)]


def current_actor(request: Request, actor: RecognisedDep) -> Actor:
    """Return who asks, where no permission is asked for: everybody, about what is their own.

    Raises:
        Forbidden: A change, asked for with a key whose scopes let it look only.
    """
    if request.method not in SAFE_METHODS:
        actor.must_change()
    return actor


ActorDep = Annotated[Actor, Depends(current_actor)]


def requires(permission: str) -> Callable[..., Actor]:
    """Return a dependency that gives the Actor, and refuses whoever lacks `permission`."""

    def permitted(actor: RecognisedDep) -> Actor:
        actor.must(permission)
        return actor

    return permitted


Administrator = Annotated[Actor, Depends(requires(ADMINISTER))]
Generator = Annotated[Actor, Depends(requires(GENERATE))]
NOT_ADMINISTERING: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "Your role does not administer."}
}
"""What `Administrator` answers whoever is none, for the OpenAPI document."""


def requires_before(permission: str) -> Callable[..., Awaitable[Actor]]:
    """Return what `signed_in` is, for those alone who have `permission`."""

    async def permitted(actor: Annotated[Actor, Depends(signed_in)]) -> Actor:
        actor.must(permission)
        return actor

    return permitted


async def signed_in(request: Request, context: ContextDep) -> Actor:
    """Return who asks, before something slow is asked; holds no transaction while that is done.

    Raises:
        NotSignedIn: No session and no key, or one that has ended.
    """
    actor = await run_writing(resolve_actor, context, request.headers)
    if actor is None:
        raise nobody(request.headers)
    say_who(request.scope, actor.id)
    return actor


def resolve_actor(context: Context, headers: Mapping[str, str]) -> Actor | None:
    """Return who sent `headers`, or None; for ASGI code, which has no dependencies.

    `headers` has lower-case names, as `starlette.datastructures.Headers(scope=scope)` has. It talks
    to the database and may note the visit, so call it through `run_writing` from async code.
    """
    with context.database.read() as session:
        found = recognition.recognise(session, context.settings, headers)
    if found is None:
        return None
    if found.stale:
        _touch_apart(context, found)
    return found.actor


def _touch_apart(context: Context, found: recognition.Recognised) -> None:
    """Note the visit in a transaction of its own: the one at hand only reads, and goes on without it."""
    try:
        with context.database.write() as session:
            found.touch(session)
    except AWAY as error:
        _log.warning("a visit was not noted: %s", type(error).__name__)


def nobody(headers: Mapping[str, str] | None = None) -> NotSignedIn:
    """Return the refusal of whoever is not known; by the `headers` they sent it says what to do."""
    return NotSignedIn(recognition.why_unknown(headers or {}))

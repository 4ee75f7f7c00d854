"""Slows down who asks too often: in front of every endpoint, so that none can be forgotten.

| asked | counted for | where |
|---|---|---|
| something that changes things | the API key, or the person signed in | in SQL: exact over all processes |
| something that only reads, or a dry run | the key or session, else the address | in this process's memory |
| to sign in or out | the address | in SQL |
| with a wrong key or session | the address, each wrong one once | in SQL |

An address that guessed too often has no further unknown credential tried; keys and sessions that this process
has seen to be right go on, so that a guesser hardly troubles honest people behind the same address. While the
database is away nothing is counted: the request itself then says so.
"""

from __future__ import annotations

import logging
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.accounts.cookies import read_session_cookie
from backend.accounts.credentials import bearer_in, fingerprint
from backend.accounts.dependencies import resolve_actor
from backend.kit.client_address import AddressOf, subscriber
from backend.kit.context import Context
from backend.kit.database import AWAY, SAFE_METHODS, run_writing
from backend.kit.errors import Problem, RateLimited
from backend.kit.metering import Memory, Meter, Tally
from backend.kit.problems import respond
from backend.kit.ratelimit import Decision, Policy
from backend.kit.refusals import say_who, say_why
from backend.kit.settings import Settings

_SIGN_IN: Final = "/auth/"
_LIMITED: Final = ("/api/", _SIGN_IN, "/i/", "/s/", "/verify")
_YES: Final = frozenset({"1", "true", "t", "yes", "y", "on"})  # as pydantic reads a boolean
# POSTs, so that no prompt stands in an address, and because a picture needs a body.
_ONLY_LOOK: Final = frozenset({"/api/v1/prompts/reading", "/api/v1/verify", "/verify"})
_NOBODY: Final = ""
_PERSON: Final = "person:"
_log = logging.getLogger("atelier.accounts")


class Throttle:
    """Wraps the application; a request over a limit is answered by 429 and `Retry-After`."""

    def __init__(self, app: ASGIApp, settings: Settings, address_of: AddressOf) -> None:
        self._app = app
        self._settings = settings
        self._address_of = address_of
        self._changes = Policy("changes", settings.rate_changes)
        self._reads = Policy("reads", settings.rate_reads)
        self._sign_in = Policy("sign_in", settings.rate_sign_in)
        self._wrong = Policy("wrong_credentials", settings.rate_wrong_credentials)
        self._tally = Tally()
        self._known: Memory[str] = Memory()  # credential → whom it counts for; nobody: a wrong one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        if scope["type"] != "http" or not scope["path"].startswith(_LIMITED):
            await self._app(scope, receive, send)
            return
        decision = await self._decide(scope)
        if decision is not None and not decision.taken:
            say_why(scope, RateLimited.code, reason=decision.policy.name)
            await _refusal(decision)(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send, decision))

    async def _decide(self, scope: Scope) -> Decision | None:
        """Return what the limits say; None where there is none."""
        address = subscriber(self._address_of(scope))
        meter = _meter_of(scope)
        try:
            if scope["path"].startswith(_SIGN_IN):
                return await _take(meter, self._sign_in, address)
            return await self._decide_for(scope, meter, address)
        except AWAY as error:
            _log.warning("requests are not counted: %s", type(error).__name__)
            return None

    async def _decide_for(self, scope: Scope, meter: Meter, address: str) -> Decision | None:
        headers = Headers(scope=scope)
        credential = _presented(self._settings, headers)
        who = _NOBODY
        if credential:
            mark = fingerprint(credential)
            guess = await self._meet(scope["app"].state.context, meter, address, headers, mark)
            if guess is not None and not guess.taken:
                return guess
            who = self._known.get(mark) or _NOBODY
            if who.startswith(_PERSON):
                say_who(scope, who.removeprefix(_PERSON))
        if who and _changes_something(scope):
            return await _take(meter, self._changes, who)
        return self._tally.take(self._reads, who or address) if self._reads.quota else None

    async def _meet(
        self, context: Context, meter: Meter, address: str, headers: Headers, mark: str
    ) -> Decision | None:
        """Find out once whose credential it is; return None, or how the guesses of `address` stand."""
        if self._known.get(mark) is not None:
            return None
        if self._wrong.quota and (spent := meter.refused(self._wrong, address)):
            return spent
        return await run_writing(self._find_out, context, meter, address, headers, mark)

    def _find_out(
        self, context: Context, meter: Meter, address: str, headers: Headers, mark: str
    ) -> Decision | None:
        # In one go in one thread: of a thousand guesses at once, no more than there are threads are tried too many.
        limited = self._wrong.quota > 0
        if limited and not (guess := meter.look(self._wrong, address)).taken:
            return guess
        actor = resolve_actor(context, headers)
        if actor is None:
            self._known.put(mark, _NOBODY)
            return meter.take(self._wrong, address) if limited else None
        by_key = actor.via == "api_key"
        self._known.put(mark, f"key:{mark[:32]}" if by_key else f"{_PERSON}{actor.id}")
        return None


async def _take(meter: Meter, policy: Policy, who: str) -> Decision | None:
    if policy.quota == 0:
        return None
    return meter.refused(policy, who) or await run_writing(meter.take, policy, who)


def _presented(settings: Settings, headers: Headers) -> str | None:
    """Return the key or the session id that a request carries, as `recognition` would choose."""
    key = bearer_in(headers)
    return read_session_cookie(settings, headers) if key is None else key


def _changes_something(scope: Scope) -> bool:
    if scope["method"] in SAFE_METHODS or scope["path"] in _ONLY_LOOK:
        return False
    query = QueryParams(scope["query_string"])
    return query.get("dry_run", "").lower() not in _YES


def _meter_of(scope: Scope) -> Meter:
    app: FastAPI = scope["app"]
    meter: Meter = app.state.meter
    return meter


def _telling(send: Send, decision: Decision | None) -> Send:
    """Return `send` with the limit's headers added to the answer."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and decision is not None:
            MutableHeaders(scope=message).update(decision.headers)
        await send(message)

    return told


def _refusal(decision: Decision) -> ASGIApp:
    policy, wait = decision.policy, decision.retry_after
    problem = Problem(
        title=RateLimited.title,
        status=RateLimited.status,
        code=RateLimited.code,
        detail=f"{_SENTENCES[policy.name].format(quota=policy.quota)}; try again in {wait} s.",
    )
    return respond(problem, {"Retry-After": str(wait), **decision.headers})


_SENTENCES: Final = {
    "changes": "More than {quota} requests a minute that change something",
    "reads": "More than {quota} requests a minute",
    "sign_in": "More than {quota} requests to sign in a minute from your address",
    "wrong_credentials": "More than {quota} wrong keys or sessions a minute from your address",
}

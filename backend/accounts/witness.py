"""Writes down who was refused what, and from where: one line each in the log of `atelier.security`.

It hears of a refusal from whoever refuses (`kit.refusals`) and sees every 403 by itself. A 401 without a key or a
cookie is an ordinary visit and no event. The line names code, method, route (or path, where no route was reached), the
client's address, the person or the public id of the key; never a secret, a query or what a person wrote.
"""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.accounts.cookies import read_session_cookie
from backend.accounts.credentials import bearer_in, parse_key
from backend.kit import refusals
from backend.kit.client_address import AddressOf, subscriber
from backend.kit.errors import Forbidden, NotSignedIn
from backend.kit.pace import Pace
from backend.kit.refusals import Refusal
from backend.kit.settings import Settings
from backend.kit.telemetry import known_route

_LONGEST_PATH: Final = 200
_log = logging.getLogger("atelier.security")


class Witness:
    """Wraps the application. Nothing that passes through is changed."""

    def __init__(self, app: ASGIApp, settings: Settings, address_of: AddressOf) -> None:
        self._app = app
        self._settings = settings
        self._address_of = address_of
        self._pace = Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, and write down if it was refused."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = refusals.listen(scope)

        async def watched(message: Message) -> None:
            if message.get("status") == HTTPStatus.FORBIDDEN and not refusal.code:
                refusal.code = Forbidden.code
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if refusal.code:
                self._note(scope, refusal)

    def _note(self, scope: Scope, refusal: Refusal) -> None:
        by = _credential(self._settings, Headers(scope=scope))
        if refusal.code == NotSignedIn.code and not by:
            return
        address = self._address_of(scope)
        told = {
            "code": refusal.code,
            "method": scope.get("method", "WEBSOCKET"),
            "route": known_route(scope) or _plain(scope["path"]),
            "address": address,
            "person": refusal.person,
            **by,
            "provider": refusal.provider,
            "reason": refusal.reason,
        }
        known = {name: value for name, value in told.items() if value}
        self._pace((subscriber(address), refusal.code), partial(_say, known))


def _say(told: dict[str, Any], left_out: int) -> None:
    if left_out:
        told = {**told, "left_out": left_out}
    _log.warning(
        "refused: %s", ", ".join(f"{k} {v}" for k, v in told.items()), extra={"told": told}
    )


def _credential(settings: Settings, headers: Headers) -> dict[str, str]:
    """Return by what a request wanted to be known, right or wrong; of a whole key its public id."""
    key = bearer_in(headers)
    if key is not None:
        presented = parse_key(key)
        return {"by": "key", "key": presented.id if presented else ""}
    return {"by": "session"} if read_session_cookie(settings, headers) else {}


def _plain(path: str) -> str:
    """Return a path that nobody has matched with a route, in printable characters and not for ever."""
    text = path[:_LONGEST_PATH]
    return "".join(each if each.isprintable() and each.isascii() else "?" for each in text)

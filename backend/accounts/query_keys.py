"""Refuses API keys in a query string, right or wrong: addresses are kept in logs, histories and proxies."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from backend.kit.errors import Problem
from backend.kit.problems import respond
from backend.kit.refusals import say_why

CODE: Final = "key_in_query"
_NAMES: Final = frozenset({"apikey", "accesstoken", "key"})
_LIKE_A_KEY: Final = re.compile(r"\batl_[0-9a-z]{8,}", re.IGNORECASE)


class KeysBelongInHeaders:
    """Wraps an app; a request whose query names or holds a key is answered 400."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or answer 400."""
        if scope["type"] == "http" and carries_key(scope["query_string"]):
            say_why(scope, CODE)
            await respond(_refusal())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def carries_key(query: bytes) -> bool:
    """Return whether a query string has a parameter named for a key, or a value that looks like one of ours."""
    if not query:
        return False
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return any(
        re.sub(r"[_-]", "", name).lower() in _NAMES
        or _LIKE_A_KEY.search(unquote(f"{name} {value}"))
        for name, value in pairs
    )


def _refusal() -> Problem:
    return Problem(
        title="Keys belong in a header",
        status=400,
        code=CODE,
        detail="An API key was sent in the address, which logs, histories and proxies keep. If it is a real one, "
        "revoke it under Account and make another; send it as `Authorization: Bearer <api key>`.",
    )

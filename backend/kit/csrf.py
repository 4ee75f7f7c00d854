"""Refuses what another site's page makes a browser send with our cookie. No tokens, no state.

Browsers say where a request comes from (`Sec-Fetch-Site`; `Origin` in older ones), and pages cannot
forge it. It stands in front of everything, so no endpoint, ours or Gradio's, can be forgotten. Requests
without one of our cookies have nothing to abuse and pass: a program with a key is one of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.kit.database import SAFE_METHODS
from backend.kit.errors import Problem
from backend.kit.refusals import say_why
from backend.kit.reports import PATH as REPORTS

CODE = "cross_site"
_OWN_SITES = frozenset({"same-origin", "none"})  # "none": typed in or from a bookmark


class SameSiteOnly:
    """Wraps an app; a changing request that carries one of `cookies` must come from our own pages.

    `allowed_origins` are those the studio is reached at, such as `http://127.0.0.1:8000`; `exempt`
    are path prefixes with rules of their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_origins: Collection[str],
        cookies: Collection[str],
        exempt: tuple[str, ...] = ("/idp/", REPORTS),
    ) -> None:
        self._app = app
        self._origins = frozenset(allowed_origins)
        self._cookies = frozenset(cookies)
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or answer 403."""
        refused = self._may_change_things(scope) and not self._is_ours(Headers(scope=scope))
        if not refused:
            await self._app(scope, receive, send)
            return
        say_why(scope, CODE)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "cross-site"})
        else:
            await _refusal()(scope, receive, send)

    def _may_change_things(self, scope: Scope) -> bool:
        if scope["type"] == "websocket":
            return True
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            return False
        return not scope["path"].startswith(self._exempt)

    def _is_ours(self, headers: Headers) -> bool:
        sent = cookie_parser("; ".join(headers.getlist("cookie")))
        if self._cookies.isdisjoint(sent):
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in _OWN_SITES
        return headers.get("origin") in self._origins


def _refusal() -> Response:
    problem = Problem(
        title="Not allowed",
        status=403,
        code=CODE,
        detail="This request came from another site, or did not say where it came from. Use the "
        "studio's own pages; a program sends an API key and no cookie.",
    )
    body = json.dumps(problem.model_dump(mode="json"))
    return Response(body, 403, media_type="application/problem+json")

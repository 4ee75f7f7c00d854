"""The gate in front of Gradio: an allow-list, and nobody gets past it unknown.

Gradio brings some sixty routes: files, uploads, streams, queues, proxies, recordings. Pages built
by our rules need its static files, the pages themselves and one call. Everything else does not exist.
Who may do what is the backend's business; the gate only spares people pages they cannot use.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from enum import Enum
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webui import notices
from webui.client import Away, Client, Person

# Page → the permission without which it does not exist for a person.
PAGES: Final[dict[str, str | None]] = {
    "/": None,
    "/library": None,
    "/history": None,
    "/galleries": None,
    "/recipes": None,
    "/moderation": "review",
    "/admin": "administer",
    "/people": "administer",
    "/usage": "administer",
    "/models": "administer",
    "/policy": "administer",
    "/system": "administer",
    "/vote": "generate",
    "/account": None,
}
PUBLIC_FOLDERS: Final = ("/assets/", "/static/js/", "/static/img/")
PUBLIC_FILES: Final = frozenset({"/theme.css"})
_FILE_NAME: Final = re.compile(
    r"[A-Za-z0-9_./-]{1,200}"
)  # a name above 255 bytes is an error of the disk's
CALL: Final = "/gradio_api/run/predict"
CALL_LIMIT_BYTES: Final = 64 * 1024
REMEMBERED_S: Final = 0.5  # whoever is shut out is so within a second
REMEMBERED_PEOPLE: Final = 5000


class Way(Enum):
    """What a request is for, as far as the gate cares."""

    PAGE = "page"
    FILE = "file"
    CALL = "call"
    CLOSED = "closed"


def way_of(method: str, path: str) -> Way:
    """Return what `method` on `path` is for; whatever is not listed is closed."""
    reading = method in ("GET", "HEAD")
    if reading and path in PAGES:
        return Way.PAGE
    if reading and (path in PUBLIC_FILES or _names_a_file(path)):
        return Way.FILE
    if method == "POST" and path == CALL:
        return Way.CALL
    return Way.CLOSED


def _names_a_file(path: str) -> bool:
    """Say whether `path` could be one of Gradio's files: of another, Gradio's error would tell the log its name."""
    known = path.startswith(PUBLIC_FOLDERS) and _FILE_NAME.fullmatch(path)
    return bool(known) and ".." not in path


class Gate:
    """Lets through what the pages need, for people the backend knows."""

    def __init__(self, app: ASGIApp, people: People) -> None:
        self._app = app
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in Gradio's place, or hand the request on."""
        if scope["type"] == "websocket":  # neither Gradio 6 nor we have any
            await send({"type": "websocket.close", "code": 1008})
            return
        scope = _naming_its_sender(scope)
        way = way_of(scope["method"], scope["path"])
        refusal = await self._refusal(way, scope)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, way: Way, scope: Scope) -> Response | None:
        if way is Way.FILE:
            return None
        if way is Way.CLOSED or _asks_too_much(way, scope):
            return _nothing_here(scope)
        try:
            person = await self._people.who(Headers(scope=scope))
        except Away as away:
            return _away(way, away.retry_after)
        if person is None:
            return _sign_in(way, scope)
        scope["atelier.person"] = person.id
        needed = PAGES.get(scope["path"]) if way is Way.PAGE else None
        if needed and needed not in person.permissions:
            return _nothing_here(scope)
        return None


class People:
    """Who is behind a cookie, asked of the backend and remembered for a second."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: OrderedDict[bytes, tuple[float, Person | None]] = OrderedDict()

    async def who(self, headers: Headers) -> Person | None:
        """Return the person whose cookie this is, None for a stranger.

        Raises:
            Away: The backend did not answer.
        """
        cookie = headers.get("cookie", "")
        if not cookie:
            return None
        key = hashlib.sha256(cookie.encode()).digest()
        seen, person = self._known.get(key, (-REMEMBERED_S, None))
        if time.monotonic() - seen < REMEMBERED_S:
            return person
        person = await self._client.me(headers)
        self._remember(key, person)
        return person

    def _remember(self, key: bytes, person: Person | None) -> None:
        self._known[key] = (time.monotonic(), person)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED_PEOPLE:
            self._known.popitem(last=False)


def _naming_its_sender(scope: Scope) -> Scope:
    """Return the request with its peer appended to X-Forwarded-For, as every proxy does: here the pages are one."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    told = [*headers.getlist("x-forwarded-for"), (scope.get("client") or ("unknown", 0))[0]]
    headers["x-forwarded-for"] = ", ".join(told)
    return {**scope, "headers": headers.raw}


def _asks_too_much(way: Way, scope: Scope) -> bool:
    """Say whether a call is larger than any form of ours, or a page is asked for a saved state."""
    if way is Way.CALL:
        length = Headers(scope=scope).get("content-length", "")
        return not length.isdecimal() or int(length) > CALL_LIMIT_BYTES
    return "deep_link" in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _nothing_here(scope: Scope) -> Response:
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return notices.not_found()
    return _problem(404, "not_found", "Not found", "There is nothing here.")


def _sign_in(way: Way, scope: Scope) -> Response:
    if way is Way.CALL:
        return _problem(401, "not_signed_in", "Sign in first", "Your session has ended.")
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"/auth/login?next={quote(wanted, safe='/')}", status_code=303)


def _away(way: Way, retry_after: int) -> Response:
    if way is Way.PAGE:
        return notices.away(retry_after)
    response = _problem(503, "not_ready", "Not ready", "The studio is starting; try again shortly.")
    response.headers["retry-after"] = str(retry_after)
    return response


def _problem(status: int, code: str, title: str, detail: str) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail},
        status_code=status,
        media_type="application/problem+json",
    )

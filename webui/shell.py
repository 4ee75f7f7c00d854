"""Turns the HTML page that Gradio writes into ours.

Puts our style sheets and modules into the head, and takes out the tags that advertise somebody else.
The policy that says what a page may run is `backend.kit.headers`', around all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ADVERTISING: Final = re.compile(rb"\s*<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>", re.DOTALL)
_HEAD: Final = b"<head>"


class PageShell:
    """Wraps Gradio; pages leave as ours, everything else as it came."""

    def __init__(self, app: ASGIApp, head: Callable[[str, bytes], str]) -> None:
        """Put what `head` returns for a path and a query into each page's head."""
        self._app = app
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Gradio answer, and rewrite what turns out to be HTML."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        # Gradio compresses pages; one that is to be rewritten must come plain.
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        page = _Page(send, self._head(scope["path"], scope["query_string"]).encode())
        await self._app({**scope, "headers": plain}, receive, page.send)


class _Page:
    """Holds a response back until it is known whole, if it is HTML."""

    def __init__(self, send: Send, head: bytes) -> None:
        self._send = send
        self._head = head
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of Gradio's and pass on what the browser should get."""
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = _ADVERTISING.sub(b"", bytes(self._body)).replace(_HEAD, _HEAD + self._head, 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-length"] = str(len(body))
        headers.add_vary_header("Cookie")
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_html(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")

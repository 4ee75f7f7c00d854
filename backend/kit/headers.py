"""Security headers and a content security policy on every answer; what broke it is reported to `reports`.

What is no page may do nothing at all, should a browser ever show it as one. A page gets a fresh nonce stamped on its script elements, so that a script somebody smuggled into the
page's content does not run. An answer that brings a policy of its own keeps it, and is not touched.
"""

from __future__ import annotations

import gzip
import re
import secrets
import zlib

import brotli
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.reports import PATH as REPORTS

# A whole element at a time: what a script contains must not be taken for the start of another.
_SCRIPT = re.compile(rb"<script(?=[\s>/])(.*?</script\s*>)", re.IGNORECASE | re.DOTALL)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# Not `report-to`: with it beside, Chromium reports a minute late, and over https alone.
_REPORTED = f"report-uri {REPORTS}"
_INERT = (
    f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {_REPORTED}"
)
_API = "/api/"
_HSTS = "max-age=31536000; includeSubDomains"


def page_policy(nonce: str) -> str:
    """Return the policy of a page whose scripts carry `nonce`.

    `'unsafe-eval'` is Gradio's price: it compiles small functions from text. Inline styles are allowed
    because Gradio writes style attributes; scripts without the nonce are not.
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self' data:; "
        "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; "
        f"base-uri 'self'; frame-ancestors 'none'; form-action 'self'; {_REPORTED}"
    )


class SecurityHeaders:
    """Wraps an app; put it outermost, so that refusals carry the headers too."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on and add to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = scope["path"].startswith(_API)
        answer = _Answer(send, https=self._https, private=private)
        await self._app(scope, receive, answer.send)


class _Answer:
    """One response on its way out; an HTML page is held back until it is known whole."""

    def __init__(self, send: Send, *, https: bool, private: bool) -> None:
        self._send = send
        self._https = https
        self._private = private
        self._page: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of the app's and pass on what the browser should get."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body" and self._page is not None:
            await self._collect(self._page, message)
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        headers = MutableHeaders(raw=list(message["headers"]))
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if self._https:
            headers.setdefault("Strict-Transport-Security", _HSTS)
        if self._private:
            headers.setdefault("Cache-Control", "private, no-store")
        if _wants_policy(headers):
            self._page = {**message, "headers": headers.raw}
            return
        headers.setdefault("Content-Security-Policy", _INERT)
        await self._send({**message, "headers": headers.raw})

    async def _collect(self, page: Message, message: Message) -> None:
        self._body += message.get("body", b"")
        if message.get("more_body", False):
            return
        nonce = secrets.token_urlsafe(16)
        headers = MutableHeaders(raw=list(page["headers"]))
        body = _stamped(bytes(self._body), headers, nonce)
        headers["Content-Security-Policy"] = page_policy(nonce)
        headers["Cache-Control"] = "no-store"  # a page kept would be a nonce kept
        del headers["etag"]
        await self._send({**page, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _wants_policy(headers: MutableHeaders) -> bool:
    is_html = headers.get("content-type", "").startswith("text/html")
    return is_html and "content-security-policy" not in headers


def _stamped(body: bytes, headers: MutableHeaders, nonce: str) -> bytes:
    """Return the page with its nonce, uncompressed; `headers` follow. An empty body stays empty."""
    if not body:
        return body  # the answer to HEAD says the length that GET would have
    plain = _decoded(body, headers.get("content-encoding", "identity"))
    if plain is None:
        return body
    del headers["content-encoding"]
    stamped = _SCRIPT.sub(rb'<script nonce="' + nonce.encode() + rb'"\1', plain)
    headers["Content-Length"] = str(len(stamped))
    return stamped


def _decoded(body: bytes, encoding: str) -> bytes | None:
    match encoding.strip().lower():
        case "br":
            return bytes(brotli.decompress(body))
        case "gzip":
            return gzip.decompress(body)
        case "deflate":
            return zlib.decompress(body)
        case "identity":
            return body
        case _:
            return None  # not ours to read; its scripts stay without a nonce, and so do not run

"""What the studio tells its operators: request ids and Prometheus metrics. How logs are written is in `logs`.

Prompts, tokens and cookies are never logged or counted here: a log line of ours holds method, route,
status and time. Routes are named by their pattern, so that ids do not become labels.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REGISTRY: Final = CollectorRegistry()
"""Every metric of this process."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

REQUESTS: Final = Counter(
    "atelier_http_requests_total",
    "Answered requests.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
DURATION: Final = Histogram(
    "atelier_http_request_duration_seconds",
    "From the request's first byte to the answer's first byte.",
    ["method", "route"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT: Final = Gauge(
    "atelier_http_requests_in_flight", "Requests and event streams now open.", registry=REGISTRY
)

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_log = logging.getLogger("atelier.http")


def request_id() -> str | None:
    """Return the id of the request being answered, or None outside of one."""
    return _request_id.get()


class RequestTelemetry:
    """Gives each request its id and counts it. Pure ASGI, so that event streams pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app inside, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        this = given if _SAFE_ID.fullmatch(given) else secrets.token_hex(8)
        token = _request_id.set(this)
        watched = _Watched(scope, send, this)
        try:
            with IN_FLIGHT.track_inprogress():
                await self.app(scope, receive, watched.send)
        finally:
            watched.note_if_unanswered()
            _request_id.reset(token)


class _Watched:
    """One request on its way through."""

    def __init__(self, scope: Scope, send: Send, this: str) -> None:
        self._scope = scope
        self._send = send
        self._id = this
        self._begun = time.perf_counter()
        self._noted = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["x-request-id"] = self._id
            self._note(message["status"])
        await self._send(message)

    def note_if_unanswered(self) -> None:
        if not self._noted:
            self._note(500)

    def _note(self, status: int) -> None:
        self._noted = True
        took = time.perf_counter() - self._begun
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        route = known_route(self._scope) or "other"
        REQUESTS.labels(method, route, str(status)).inc()
        DURATION.labels(method, route).observe(took)
        _log.info("%s %s %d in %.0f ms", method, route, status, took * 1000)


def known_route(scope: Scope) -> str | None:
    """Return the pattern that matched, such as /api/v1/images/{image_id}, or None."""
    # Of an included route FastAPI keeps the whole pattern here; `route` has its router's part only.
    whole = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(whole or scope.get("route"), "path", None)
    return str(path) if path else None


def metrics_text(*gauges: Callable[[CollectorRegistry], None]) -> tuple[bytes, str]:
    """Return (body, content type) for /metrics; each of `gauges` adds what is measured just now."""
    now = CollectorRegistry()
    for add in gauges:
        add(now)
    return generate_latest(REGISTRY) + generate_latest(now), CONTENT_TYPE_LATEST

"""What the studio tells its operators: request ids and Prometheus metrics. How logs are written is in `logs`.

Prompts, tokens and cookies are never logged or counted here: a log line of ours holds method, route,
status and time. Routes are named by their pattern, so that ids do not become labels.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from opentelemetry.trace import INVALID_SPAN, Span, SpanKind
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

from inference import tracing
from inference.request_ids import HEADER, brought, working_for
from inference.span_counts import SPANS

REGISTRY: Final = CollectorRegistry()
"""Every metric of this process."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
REGISTRY.register(SPANS)

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

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOT_TRACED: Final = ("/healthz", "/readyz", "/metrics", "/ui-static", "/api/v1/events")
"""How the paths begin of what is asked all day, or stays open all day: none of it is a click."""
_log = logging.getLogger("atelier.http")


class RequestTelemetry:
    """Gives each request its id and counts it. Pure ASGI, so that event streams pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app inside, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        this = brought(headers) or secrets.token_hex(8)
        with working_for(this), _span_of(scope, headers, this) as span:
            _carry(scope, this, span)
            watched = _Watched(scope, send, this, span)
            try:
                with IN_FLIGHT.track_inprogress():
                    await self.app(scope, receive, watched.send)
            finally:
                watched.note_if_unanswered()


class _Watched:
    """One request on its way through."""

    def __init__(self, scope: Scope, send: Send, this: str, span: Span) -> None:
        self._scope = scope
        self._send = send
        self._id = this
        self._span = span
        self._begun = time.perf_counter()
        self._noted = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[HEADER] = self._id
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
        tracing.answered(self._span, method, route, status)
        REQUESTS.labels(method, route, str(status)).inc()
        DURATION.labels(method, route).observe(took)
        _log.info("%s %s %d in %.0f ms", method, route, status, took * 1000)


def _span_of(scope: Scope, headers: Headers, this: str) -> AbstractContextManager[Span]:
    """Return the span in which a request is answered, for those that somebody asked by a click."""
    if not tracing.is_on() or scope["path"].startswith(_NOT_TRACED):
        return nullcontext(INVALID_SPAN)
    parent = tracing.believed(headers, this)
    return tracing.span("request", kind=SpanKind.SERVER, within=parent)


def _carry(scope: Scope, this: str, span: Span) -> None:
    """Have whoever answers find id and span in the headers, as if they had come along: pages send them on to the API."""
    ours = {HEADER: this, **tracing.headers_of(span)} if span.is_recording() else {HEADER: this}
    left = [pair for pair in scope["headers"] if pair[0].decode("latin-1") not in ours]
    scope["headers"] = left + [(key.encode(), value.encode()) for key, value in ours.items()]


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

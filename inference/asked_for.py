"""What every request to the inference app passes through: the id of whoever's request it is, and its span."""

from __future__ import annotations

from typing import Final

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference import tracing
from inference.request_ids import brought, working_for

TRACED: Final = ("/v1/generate", "/v1/jobs/")
"""Paths, or how they begin, whose requests are told to a collector: those that belong to a generation."""


class AskedFor:
    """Goes on with the request id and the trace that a request brings along. Pure ASGI, so that streams pass through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the app inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with working_for(brought(headers)):
            # Ray Serve leaves in the path where the application is mounted.
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if not tracing.is_on() or not path.startswith(TRACED):
                await self.app(scope, receive, send)
                return
            parent = tracing.after(headers.get(tracing.TRACEPARENT))
            with tracing.span("request", kind=SpanKind.SERVER, within=parent) as span:

                async def told(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        tracing.answered(span, scope["method"], route_of(scope), message["status"])
                    await send(message)

                await self.app(scope, receive, told)


def route_of(scope: Scope) -> str:
    """Return the pattern that matched, without the ids that stand in a path."""
    return str(getattr(scope.get("route"), "path", "other"))

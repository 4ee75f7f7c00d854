"""Refuses bodies that are larger than a path takes: by what they say of themselves, or as they arrive.

Starlette's middleware counts; this one chooses its limit by method and path, and says no as a Problem before
anything has been read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.kit.errors import Problem
from backend.kit.problems import respond
from backend.kit.settings import Settings

_AROUND_A_FILE: Final = 16 * 1024  # bytes: boundaries and headers of a form with one part


def largest_form(settings: Settings) -> int:
    """Return how many bytes a form with one file may have."""
    return int(settings.upload_megabytes * 1e6) + _AROUND_A_FILE


class BodyLimit:
    """Wraps an app; a body has at most `usual` bytes, or what `special` says of its method and path."""

    def __init__(
        self, app: ASGIApp, *, usual: int, special: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        self._usual = RequestBodyLimitMiddleware(app, usual)
        self._special = {
            where: RequestBodyLimitMiddleware(app, size) for where, size in (special or {}).items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or answer 413."""
        if scope["type"] != "http":
            await self._usual(scope, receive, send)
            return
        counting = self._special.get((scope["method"], scope["path"]), self._usual)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length[:20]) > counting.max_body_size:
            await respond(_too_large(counting.max_body_size))(scope, receive, send)
        else:
            await counting(scope, receive, send)


def _too_large(limit: int) -> Problem:
    return Problem(
        title="Too large",
        status=413,
        code="too_large",
        detail=f"The body of this request may have {limit} bytes at most.",
    )

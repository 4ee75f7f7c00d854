"""Lets only this machine reach the development provider, whatever the studio is bound to.

The Host header is checked too: a page elsewhere can point its own name at 127.0.0.1 (DNS rebinding)
and would then count as the same origin.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.kit.addresses import is_loopback

_REFUSAL = (
    "The development sign-in answers on this machine only. Open the studio at http://127.0.0.1, or "
    "set ATELIER_OIDC_ISSUER to your own identity provider.\n"
)


class ThisMachineOnly:
    """Wraps an app; whoever is not on loopback gets 403 and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            return
        allowed = _from_here(scope) and is_loopback_host(Headers(scope=scope).get("host", ""))
        app = self._app if allowed else PlainTextResponse(_REFUSAL, 403)
        await app(scope, receive, send)


def is_loopback_host(host: str) -> bool:
    """Return whether a Host header (with or without port) names this machine."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower() == "localhost" or is_loopback(name)


def _from_here(scope: Scope) -> bool:
    client = scope.get("client")
    return client is not None and is_loopback(client[0])

"""The session cookie: its names and attributes. Knows nothing of what the id in it stands for."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import cookie_parser
from starlette.responses import Response

from backend.kit.settings import Settings

PLAIN_COOKIE = "atelier_session"
HOST_COOKIE = "__Host-atelier"  # the prefix makes browsers insist on Secure, Path=/ and no Domain
SESSION_COOKIES = frozenset({PLAIN_COOKIE, HOST_COOKIE})

_SECONDS_A_DAY = 86_400


def is_https(settings: Settings) -> bool:
    """Return whether browsers reach the studio over https."""
    return settings.base_url.startswith("https://")


def session_cookie_name(settings: Settings) -> str:
    """Return the cookie's name: the `__Host-` one wherever browsers accept it."""
    return HOST_COOKIE if is_https(settings) else PLAIN_COOKIE


def read_session_cookie(settings: Settings, headers: Mapping[str, str]) -> str | None:
    """Return the session id that `headers` (lower-case names) carry, or None."""
    # The standard library's SimpleCookie gives up on all cookies when one has an odd name.
    return cookie_parser(headers.get("cookie", "")).get(session_cookie_name(settings)) or None


def set_session_cookie(response: Response, settings: Settings, session_id: str) -> None:
    """Give the browser its session id, out of reach of scripts and of other sites' requests."""
    response.set_cookie(
        session_cookie_name(settings),
        session_id,
        max_age=int(settings.session_max_days * _SECONDS_A_DAY),
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax",  # "strict" would not be sent on the way back from the provider
    )


def drop_session_cookie(response: Response, settings: Settings) -> None:
    """Take the session id away from the browser."""
    response.delete_cookie(
        session_cookie_name(settings),
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax",
    )

"""How a guest comes in: by the token alone, or by a password as well, which a cookie of that one link remembers."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from backend.accounts.cookies import is_https
from backend.kit import ratelimit
from backend.kit.client_address import client_address, parse_networks, subscriber
from backend.kit.context import Context
from backend.kit.keyring import CannotOpen, ring_of
from backend.kit.ratelimit import Decision, Policy
from backend.kit.settings import Settings
from backend.links.models import ShareLink

COOKIE: Final = "atelier_guest"
REMEMBERED_S: Final = 12 * 3600
FROM_ONE: Final = Policy("link_password", 8, window_s=300)
FROM_ALL: Final = Policy("link_passwords", 120, window_s=3600)
_OWN_SITES: Final = frozenset({"same-origin", "none"})


def is_known(settings: Settings, request: Request, link: ShareLink) -> bool:
    """Return whether this browser may see what the link shows: no password is asked, or it was given."""
    if link.password_hash is None:
        return True
    try:
        told = ring_of(settings).open(request.cookies.get(COOKIE, ""))
    except CannotOpen:
        return False
    who, _, until = told.rpartition(" ")
    return who == _mark(link) and float(until) > time.time()


def remember(response: Response, settings: Settings, link: ShareLink, path: str) -> None:
    """Have this browser asked no more for the password of this link, for half a day."""
    told = f"{_mark(link)} {time.time() + REMEMBERED_S:.0f}"
    response.set_cookie(
        COOKIE,
        ring_of(settings).seal(told),
        path=path,
        secure=is_https(settings),
        httponly=True,
        samesite="lax",
    )


def attempt(context: Context, request: Request, link: ShareLink) -> Decision:
    """Count an attempt at a password, from one address and from all together; say whether it may be looked at."""
    networks = parse_networks(context.settings.trusted_proxies)
    address = subscriber(client_address(request.scope, networks))
    who = sha256(f"{link.id} {address}".encode()).hexdigest()
    with context.database.write() as session:
        one = ratelimit.take(session, FROM_ONE, who)
        return one if not one.taken else ratelimit.take(session, FROM_ALL, link.id)


def is_from_here(request: Request) -> bool:
    """Return whether the form was sent by our own page, as browsers say; others have no cookie to abuse."""
    return request.headers.get("sec-fetch-site", "none") in _OWN_SITES


def _mark(link: ShareLink) -> str:
    """Return what a cookie is bound to: another link, or another password, is another mark."""
    return f"{link.id} {sha256((link.password_hash or '').encode()).hexdigest()}"

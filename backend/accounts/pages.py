"""The few pages of signing in: plain HTML, no script at all, a policy that allows none.

Nothing a provider said is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from starlette.responses import HTMLResponse

from backend.kit.html import Pages

_pages = Pages(Path(__file__).parent / "templates", "style-src 'nonce-{nonce}'; font-src 'self'")


class Choosable(Protocol):
    """What the sign-in page shows of a person."""

    @property
    def email(self) -> str:
        """Their address, which is also what the button sends."""
        ...

    @property
    def name(self) -> str:
        """Their name."""
        ...

    @property
    def initials(self) -> str:
        """Two letters for the round picture."""
        ...

    @property
    def can(self) -> str:
        """What they may do, in one line."""
        ...


class Way(Protocol):
    """What the page that asks how to come in shows of a provider."""

    @property
    def kind(self) -> str:
        """Which picture stands beside it."""
        ...

    @property
    def shown_title(self) -> str:
        """What people know it by."""
        ...


def development_sign_in(people: Sequence[Choosable], carried: Mapping[str, str]) -> HTMLResponse:
    """Return the page that asks whom to be; `carried` goes along with the answer."""
    return _pages.page("choose.html", people=people, carried=carried)


def ways_in(ways: Mapping[str, Way], *, invited: bool) -> HTMLResponse:
    """Return the page that asks by which provider to come in; `ways` are its links."""
    return _pages.page("ways.html", ways=ways, invited=invited)


def waiting(next_path: str) -> HTMLResponse:
    """Return the page of somebody who has an account now, and waits to be let in."""
    return _pages.page("waiting.html", 403, link=_login(next_path))


def failure(
    title: str,
    message: str,
    *,
    status: int,
    next_path: str | None = None,
    again: str = "Sign in again",
) -> HTMLResponse:
    """Return a page that says what went wrong, and offers to sign in again."""
    link = _login(next_path) if next_path else "/auth/login"
    return _pages.page(
        "message.html", status, title=title, message=message, tone="bad", link=link, again=again
    )


def signed_out() -> HTMLResponse:
    """Return the page after signing out."""
    return _pages.page(
        "message.html",
        title="You have signed out",
        message="This browser no longer has access to the studio.",
        tone="ok",
        link="/auth/login",
        again="Sign in again",
    )


def _login(next_path: str) -> str:
    return f"/auth/login?next={quote(next_path, safe='/')}"

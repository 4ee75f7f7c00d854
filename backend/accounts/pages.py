"""The few pages of signing in: plain HTML, no script at all, a policy that allows none.

Everything shown is escaped by the template engine; nothing a provider said is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


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


def development_sign_in(people: Sequence[Choosable], carried: Mapping[str, str]) -> HTMLResponse:
    """Return the page that asks whom to be; `carried` goes along with the answer."""
    return _page("choose.html", people=people, carried=carried)


def failure(
    title: str, message: str, *, status: int, next_path: str | None = None, offer: bool = True
) -> HTMLResponse:
    """Return a page that says what went wrong, and offers to sign in again."""
    again = f"/auth/login?next={quote(next_path, safe='/')}" if next_path else "/auth/login"
    return _page(
        "message.html", status, title=title, message=message, tone="bad", again=again, offer=offer
    )


def signed_out() -> HTMLResponse:
    """Return the page after signing out."""
    return _page(
        "message.html",
        title="You have signed out",
        message="This browser no longer has access to the studio.",
        tone="ok",
        again="/auth/login",
        offer=True,
    )


def _page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    html = _templates.get_template(template).render(nonce=nonce, **values)
    return HTMLResponse(html, status, headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }

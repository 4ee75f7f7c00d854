"""The pages of a guest: plain HTML with one small script of ours, which they work without, too. In English.

Everything shown is escaped by the template engine. The policy allows our nonce, our images and our form, and no more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from backend.galleries.models import Gallery
from backend.images.models import Image
from backend.links.models import ShareLink

QUIET: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
"""What every answer to a guest says: tell nobody where you came from, and list it nowhere."""

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def gallery(  # noqa: PLR0913
    token: str,
    link: ShareLink,
    gallery: Gallery,
    images: Sequence[Image],
    *,
    count: int,
    following: str | None,
) -> HTMLResponse:
    """Return the page with a gallery's images."""
    return _page(
        "gallery.html",
        path=f"/s/{token}",
        link=link,
        gallery=gallery,
        images=images,
        count=count,
        following=following,
    )


def one(token: str, link: ShareLink, gallery: Gallery, image: Image) -> HTMLResponse:
    """Return the page of one image, for browsers without our script."""
    return _page("one.html", path=f"/s/{token}", link=link, gallery=gallery, image=image)


def password_form(token: str, *, wrong: bool = False, wait_s: int = 0) -> HTMLResponse:
    """Return the page that asks for a link's password, and says how the last attempt came out."""
    status = 429 if wait_s else 403 if wrong else 200
    page = _page("password.html", status, path=f"/s/{token}", wrong=wrong, wait_s=wait_s)
    if wait_s:
        page.headers["Retry-After"] = str(wait_s)
    return page


def nothing() -> HTMLResponse:
    """Return the one page for links that never were, have ended, or do not show what is asked for."""
    return _page("nothing.html", 404)


def _page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    html = _templates.get_template(template).render(nonce=nonce, **values)
    return HTMLResponse(html, status, headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        **QUIET,
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }

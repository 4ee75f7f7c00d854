"""The pages of a guest: plain HTML with two small scripts of ours, which they work without, too. In English.

Everything shown is escaped by the template engine. The policy allows our nonce, our images, our form and questions to
ourselves, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse

from backend.galleries.models import Gallery
from backend.images.models import Image
from backend.kit.html import Pages
from backend.links.models import ShareLink

QUIET: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
"""What every answer to a guest says: tell nobody where you came from, and list it nowhere."""

_pages = Pages(
    Path(__file__).parent / "templates",
    "script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'",
    headers=QUIET,
)


def gallery(  # noqa: PLR0913
    token: str,
    link: ShareLink,
    gallery: Gallery,
    images: Sequence[Image],
    *,
    count: int,
    following: str | None,
    shown_at: str,
) -> HTMLResponse:
    """Return the page with a gallery's images; it asks at `shown_at` which of them are still shown."""
    return _pages.page(
        "gallery.html",
        path=f"/s/{token}",
        link=link,
        gallery=gallery,
        images=images,
        count=count,
        following=following,
        shown_at=shown_at,
    )


def one(
    token: str, link: ShareLink, gallery: Gallery, image: Image, *, shown_at: str
) -> HTMLResponse:
    """Return the page of one image, for browsers without our viewer."""
    return _pages.page(
        "one.html",
        path=f"/s/{token}",
        link=link,
        gallery=gallery,
        image=image,
        shown_at=shown_at,
    )


def password_form(token: str, *, wrong: bool = False, wait_s: int = 0) -> HTMLResponse:
    """Return the page that asks for a link's password, and says how the last attempt came out."""
    status = 429 if wait_s else 403 if wrong else 200
    page = _pages.page("password.html", status, path=f"/s/{token}", wrong=wrong, wait_s=wait_s)
    if wait_s:
        page.headers["Retry-After"] = str(wait_s)
    return page


def nothing() -> HTMLResponse:
    """Return the one page for links that never were, have ended, or do not show what is asked for."""
    return _pages.page("nothing.html", 404)

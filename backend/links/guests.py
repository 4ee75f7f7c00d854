"""What a guest opens: the page of a share link, its images, its password form. Everything else is one 404 page.

Each request looks the link up again: revoked, expired, or its maker gone, it leads nowhere from that moment on. A page
that is open asks every few seconds what of it is still shown, and is answered by ids alone, or not at all while those
are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Header, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlmodel import Session

from backend.galleries.models import Gallery
from backend.images import handing
from backend.images.models import Image
from backend.images.schemas import Variant
from backend.kit.clock import utc_now
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Unprocessable
from backend.kit.etags import names_tag
from backend.links import entry, pages, passwords, repository, service
from backend.links.models import ShareLink
from backend.links.schemas import LONGEST_PASSWORD, Downloads
from backend.provenance.marker import marker_of

router = APIRouter(prefix="/s", include_in_schema=False)

ON_A_PAGE: Final = 120
MOST_ASKED: Final = 10 * ON_A_PAGE  # between the ends of a page: it, and what is shown again since
_LOOKED_AT: Final = frozenset({Variant.THUMB, Variant.PREVIEW})


@dataclass(frozen=True)
class Opened:
    """A link that leads somewhere; `is_known` says whether this browser may see what it shows."""

    token: str
    link: ShareLink
    gallery: Gallery
    is_known: bool


def opened_by(
    token: str, request: Request, session: SessionDep, context: ContextDep
) -> Opened | None:
    """Return what the token in the address opens, or None."""
    found = repository.opened(session, token, utc_now())
    if found is None:
        return None
    return Opened(token, *found, entry.is_known(context.settings, request, found[0]))


@router.get("/{token}")
def open_link(
    opened: Annotated[Opened | None, Depends(opened_by)],
    session: SessionDep,
    context: ContextDep,
    image: Annotated[str, Query()] = "",
    after: Annotated[str, Query()] = "",
) -> Response:
    """Show the gallery of a link to whoever has it, or ask for the password."""
    if opened is None:
        return pages.nothing()
    if not opened.is_known:
        return pages.password_form(opened.token)
    if image:
        return _one(session, opened, image)
    return _all(session, context, opened, after)


@router.post("/{token}")
def give_password(
    token: str, request: Request, context: ContextDep, password: Annotated[str, Form()] = ""
) -> Response:
    """Look at the password of a link; a right one is remembered for half a day."""
    # No transaction is held meanwhile: a guess takes some tens of milliseconds on purpose.
    with context.database.read() as session:
        found = repository.opened(session, token, utc_now())
    link = found[0] if found else None
    if link is None or link.password_hash is None or not entry.is_from_here(request):
        return pages.nothing()
    decision = entry.attempt(context, request, link)
    if not decision.taken:
        return pages.password_form(token, wait_s=decision.retry_after)
    if len(password) > LONGEST_PASSWORD or not passwords.matches(password, link.password_hash):
        return pages.password_form(token, wrong=True)
    answer = RedirectResponse(f"/s/{token}", status_code=303, headers=pages.QUIET)
    entry.remember(answer, context.settings, link, f"/s/{token}")
    return answer


@router.get("/{token}/shown")
def list_shown(
    opened: Annotated[Opened | None, Depends(opened_by)],
    session: SessionDep,
    newest: Annotated[str, Query()] = "",
    oldest: Annotated[str, Query()] = "",
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Tell an open page which of its images are still shown; 404 tells it that none is, for the link has ended."""
    if opened is None or not opened.is_known:
        return pages.nothing()
    ids: list[str] = []
    if newest or oldest:  # a page without images asks whether the link is still there
        try:
            ids = repository.between(session, opened.gallery.id, newest, oldest, limit=MOST_ASKED)
        except Unprocessable:
            return pages.nothing()
    tag = f'"{sha256(" ".join(ids).encode()).hexdigest()[:32]}"'
    headers = {**pages.QUIET, "Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Cookie"}
    if names_tag(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return JSONResponse({"images": ids}, headers=headers)


@router.get("/{token}/images/{image_id}")
def get_image(  # noqa: PLR0913 - each is a part of the request
    *,
    opened: Annotated[Opened | None, Depends(opened_by)],
    image_id: str,
    session: SessionDep,
    context: ContextDep,
    variant: Annotated[str, Query()] = Variant.PREVIEW,
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Hand out one image of a link's gallery, in a form that the link allows."""
    if opened is None or not opened.is_known or variant not in _variants(opened.link):
        return pages.nothing()
    image = repository.image(session, opened.gallery.id, image_id)
    if image is None:
        return pages.nothing()
    return _bytes(context, image, Variant(variant), if_none_match)


def _variants(link: ShareLink) -> frozenset[Variant]:
    """Return the forms that a link allows; the full one comes without prompt and settings inside."""
    return _LOOKED_AT | {Variant.CLEAN} if link.downloads is Downloads.FULL else _LOOKED_AT


def _all(session: Session, context: Context, opened: Opened, after: str) -> Response:
    link, gallery = opened.link, opened.gallery
    try:
        shown, following = repository.images(
            session, gallery.id, cursor=after or None, limit=ON_A_PAGE
        )
    except Unprocessable:
        return pages.nothing()
    if not after:
        with context.database.write() as writing:
            service.visit(writing, link)
    count = repository.count_images(session, gallery.id)
    shown_at = _address(session, opened, shown)
    return pages.gallery(
        opened.token, link, gallery, shown, count=count, following=following, shown_at=shown_at
    )


def _one(session: Session, opened: Opened, image_id: str) -> Response:
    image = repository.image(session, opened.gallery.id, image_id)
    if image is None:
        return pages.nothing()
    shown_at = _address(session, opened, [image])
    return pages.one(opened.token, opened.link, opened.gallery, image, shown_at=shown_at)


def _address(session: Session, opened: Opened, shown: Sequence[Image]) -> str:
    """Return where a page with these images asks which are still shown."""
    here = f"/s/{opened.token}/shown"
    if not shown:
        return here
    newest, oldest = repository.marks_of(session, opened.gallery.id, shown)
    return f"{here}?{urlencode({'newest': newest, 'oldest': oldest})}"


def _bytes(context: Context, image: Image, variant: Variant, known: str | None) -> Response:
    tag = handing.content_tag(image, variant)
    headers = {
        **pages.QUIET,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="atelier-{image.id}-{variant}.webp"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "ETag": tag,
        "Vary": "Cookie",
    }
    if names_tag(known, tag):
        return Response(status_code=304, headers=headers)
    content = handing.read(context.storage, image, variant)
    file = handing.handed_out(marker_of(context.settings), content)
    return Response(file, media_type=image.content_type, headers=headers)

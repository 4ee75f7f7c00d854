"""Images over HTTP. Every byte passes an owner, role and moderation check, on every request.

A browser may keep a copy but must ask before each use (`no-cache`), so that a rejected image is gone
at once; what is not released yet is never kept (`no-store`).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import RedirectResponse

from backend.accounts.actor import Actor
from backend.accounts.dependencies import ActorDep
from backend.images import handing, repository, service
from backend.images.models import Image
from backend.images.schemas import Format, ImagePage, ImagePublic, Variant
from backend.kit.context import Context, ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.etags import names_tag
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from backend.provenance.marker import marker_of

router = APIRouter(prefix="/images", tags=["images"])
contents = APIRouter(prefix="/images", tags=["images"])
permalinks = APIRouter(include_in_schema=False)

ImageId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,64}$",
        description="Id of an image.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
_ABSENT: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "Not there, not yours, or not to be seen."}
}
_FILES = {kind.content_type: {"schema": {"type": "string", "format": "binary"}} for kind in Format}


@router.get("")
def list_images(
    session: SessionDep, actor: ActorDep, cursor: CursorQuery = None, limit: LimitQuery = USUAL_PAGE
) -> ImagePage:
    """List your own images, newest first."""
    images, next_cursor = repository.own_page(session, actor, cursor=cursor, limit=limit)
    return ImagePage(
        items=[service.to_public(image, actor) for image in images], next_cursor=next_cursor
    )


@router.get("/{image_id}", responses=_ABSENT)
def get_image(session: SessionDep, actor: ActorDep, image_id: ImageId) -> ImagePublic:
    """Read about one image: its settings, and whether it is held and why."""
    return service.to_public(repository.get(session, actor, image_id), actor)


@contents.get(
    "/{image_id}/content",
    response_class=Response,
    responses={
        200: {"content": _FILES, "description": "The image."},
        304: {"description": "You have these bytes already, and may still see them."},
        409: {"model": Problem, "description": "It is sealed; a reviewer asks to see it first."},
        **_ABSENT,
    },
)
def get_content(  # noqa: PLR0913 - each is a part of the request
    *,
    session: SessionDep,
    actor: ActorDep,
    context: ContextDep,
    image_id: ImageId,
    variant: Annotated[Variant, Query(description="Which form of it.")] = Variant.FULL,
    kind: Annotated[
        Format, Query(alias="format", description="Which kind of file; all but webp are made anew.")
    ] = Format.WEBP,
    download: Annotated[bool, Query(description="Have a browser save it, not show it.")] = False,
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Fetch the image itself. `clean` is the full image without prompt and settings inside."""
    image = repository.get_shown(session, actor, image_id)
    headers = _headers_of(image, variant, kind, download=download)
    if not service.is_shown(image):
        return _revealed(context, actor, image, variant, kind, headers)
    tag = handing.content_tag(image, variant, kind)
    headers |= {"Cache-Control": "private, no-cache", "ETag": tag}
    if names_tag(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return _sent(context, image, variant, kind, headers)


@permalinks.get("/i/{image_id}")
def open_permalink(image_id: ImageId) -> RedirectResponse:
    """Lead a shared address to the page that shows the image, if its visitor may see it."""
    return RedirectResponse(f"/library?image={image_id}", status_code=303)


def _revealed(  # noqa: PLR0913, PLR0917 - who sees what, as what
    context: Context,
    actor: Actor,
    image: Image,
    variant: Variant,
    kind: Format,
    headers: dict[str, str],
) -> Response:
    """Show a reviewer what nobody else may see, after writing down that they looked."""
    with context.database.write() as session:
        service.record_reveal(session, actor, image, variant)
    return _sent(context, image, variant, kind, {**headers, "Cache-Control": "private, no-store"})


def _sent(
    context: Context, image: Image, variant: Variant, kind: Format, headers: dict[str, str]
) -> Response:
    content, marker = handing.read(context.storage, image, variant), marker_of(context.settings)
    if kind is Format.WEBP:
        file = handing.handed_out(marker, content)
        return Response(file, media_type=image.content_type, headers=headers)
    return handing.Converted(marker, content, kind, headers)


def _headers_of(image: Image, variant: Variant, kind: Format, *, download: bool) -> dict[str, str]:
    shown = "attachment" if download else "inline"
    return {
        "Content-Disposition": f'{shown}; filename="atelier-{image.id}-{variant}{kind.suffix}"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Cookie, Authorization",
        "X-Content-Type-Options": "nosniff",
    }

"""`/api/v1/library`: finding images, saying what one thinks of them, and keeping searches.

Fixed paths stand before the one with an id. Everybody is shown what they may come across (`images.visible_to`).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import StringConstraints

from backend.accounts.dependencies import ActorDep
from backend.images import repository as images
from backend.images.router import ImageId
from backend.kit import clock
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Problem
from backend.kit.etags import names_tag
from backend.kit.pagination import CursorQuery, LimitQuery, cut, decode_cursor
from backend.library import (
    export,
    facets,
    grammar,
    matches,
    presentation,
    repository,
    searches,
    service,
    thumbs,
)
from backend.library.conditions import Asking, wanted
from backend.library.models import QUERY_LENGTH
from backend.library.months import MONTH_PATTERN, end_of, months
from backend.library.schemas import (
    Alike,
    Changed,
    Changes,
    Choice,
    Export,
    Facets,
    LibraryImage,
    LibraryPage,
    Lineage,
    SearchChange,
    SearchCreate,
    SearchPublic,
    TermPublic,
)
from backend.likeness import service as likeness

router = APIRouter(prefix="/library", tags=["library"])

_USUAL_PAGE: Final = 60
_USUAL_STRIP: Final = 12


class Suggested(StrEnum):
    """What values are suggested for."""

    TAG = "tag"
    BY = "by"
    GALLERY = "gallery"
    MODEL = "model"
    LORA = "lora"


QueryDep = Annotated[
    str,
    Query(
        alias="q",
        max_length=QUERY_LENGTH,
        description="Words and terms such as `tag:linen`; see docs/library.md.",
        examples=['linen -blue status:approved gallery:"Spring 26"'],
    ),
]
EachId = Annotated[str, StringConstraints(pattern="^[0-9a-z]{1,64}$")]
SearchId = Annotated[str, Path(pattern="^[0-9a-z]{1,26}$", description="Id of a kept search.")]

_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "Not there, or not to be seen by you."}
}
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "description": "The table, as it is being written.",
    }
}
_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The zip, as it is being written.",
    },
    422: {"model": Problem, "description": "More than 500 images or 2 GB, or none at all."},
}
_FORM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"multipart/form-data": {"schema": {"type": "object"}}},
        "description": "A form with a file for each image that may be shown, named by its id.",
    },
    304: {"description": "You have these bytes already, and may still see them."},
}
_FULL: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "You keep as many searches as you may."}
}


@router.get("")
def find_images(  # noqa: PLR0913 - each is a part of the request
    *,
    session: SessionDep,
    actor: ActorDep,
    query: QueryDep = "",
    stacked: Annotated[bool, Query(description="One image of each stack, the newest.")] = False,
    until: Annotated[
        str | None,
        Query(pattern=MONTH_PATTERN, description="Begin with this month, not with the newest."),
    ] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = _USUAL_PAGE,
) -> LibraryPage:
    """Find images, newest first."""
    after = decode_cursor(cursor) if cursor else end_of(until) if until else None
    terms = grammar.parse(query)
    asking = Asking(session, actor, clock.utc_now())
    looked_for = wanted(asking, terms)
    counts: dict[str, int] | None = None
    if stacked:
        heads = matches.stacks_page(asking, looked_for, after=after, limit=limit)
        counts, found = dict(heads), [image_id for image_id, _ in heads]
    else:
        found = matches.ids_page(asking, looked_for, after=after, limit=limit)
    ids, next_cursor = cut(found, limit, lambda image_id: image_id)
    return LibraryPage(
        items=presentation.present_ids(session, actor, ids, counts),
        next_cursor=next_cursor,
        terms=[TermPublic.model_validate(term) for term in terms],
    )


@router.get("/facets")
def count_facets(session: SessionDep, actor: ActorDep, query: QueryDep = "") -> Facets:
    """Count what is among the images that a search finds."""
    asking = Asking(session, actor, clock.utc_now())
    return facets.facets(asking, wanted(asking, grammar.parse(query)))


@router.get("/months")
def list_months(session: SessionDep, actor: ActorDep, query: QueryDep = "") -> list[str]:
    """List the months from that of the newest image which a search finds back to that of the oldest, in UTC."""
    asking = Asking(session, actor, clock.utc_now())
    return months(asking, wanted(asking, grammar.parse(query)))


@router.get("/suggestions")
def suggest_values(
    session: SessionDep,
    actor: ActorDep,
    kind: Annotated[Suggested, Query(description="What a value is wanted for.")] = Suggested.TAG,
    prefix: Annotated[str, Query(max_length=100, description="How it begins.")] = "",
) -> list[Choice]:
    """Suggest values to search by, the most frequent first."""
    return facets.suggest(Asking(session, actor, clock.utc_now()), kind, prefix)


@router.get("/thumbs", response_class=Response, responses=_FORM)
def fetch_thumbs(
    session: SessionDep,
    actor: ActorDep,
    context: ContextDep,
    ids: Annotated[
        list[EachId],
        Query(
            alias="id",
            default_factory=list,
            max_length=thumbs.MOST_THUMBS,
            description="Ids of the images, each as a parameter of its own.",
        ),
    ],
    if_none_match: Annotated[str | None, Header(max_length=4096)] = None,
) -> Response:
    """Fetch the thumbnails of some images at once; those that may not be shown are left out."""
    some = thumbs.in_order(ids, repository.visible(session, actor, ids))
    tag = thumbs.tag_of(some)
    headers = {"Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Cookie, Authorization"}
    if names_tag(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    body = thumbs.bundle(context.storage, some)
    return Response(body, media_type=thumbs.media_type_of(some), headers=headers)


@router.post("/changes")
def change_images(session: SessionDep, actor: ActorDep, changes: Changes) -> Changed:
    """Change status, tags, your star or the trash of some images; refused ones are named with a reason."""
    return service.change(session, actor, changes)


@router.get("/export.csv", response_class=StreamingResponse, responses=_CSV)
def export_table(actor: ActorDep, context: ContextDep, query: QueryDep = "") -> StreamingResponse:
    """Fetch what a search finds as a table, newest first."""
    chunks = export.table(context.database, actor, query)
    return _sent(chunks, "text/csv; charset=utf-8", "csv")


@router.post("/export", response_class=StreamingResponse, responses=_ZIP)
def export_images(
    session: SessionDep, actor: ActorDep, context: ContextDep, asked: Export
) -> StreamingResponse:
    """Fetch images as a zip, in folders by status and with a table; none that is held."""
    taken = export.choose(session, context.storage, actor, asked)
    return _sent(export.zipped(context.database, context.storage, taken), "application/zip", "zip")


@router.get("/searches")
def list_searches(session: SessionDep, actor: ActorDep) -> list[SearchPublic]:
    """List the searches that you keep, pinned ones first."""
    return list(map(SearchPublic.model_validate, searches.own(session, actor)))


@router.post("/searches", status_code=201, responses=_FULL)
def keep_search(session: SessionDep, actor: ActorDep, search: SearchCreate) -> SearchPublic:
    """Keep a search under a name."""
    return SearchPublic.model_validate(searches.create(session, actor, search))


@router.patch("/searches/{search_id}", responses=_ABSENT)
def change_search(
    session: SessionDep, actor: ActorDep, search_id: SearchId, change: SearchChange
) -> SearchPublic:
    """Rename a kept search, change what it asks for, or pin it."""
    return SearchPublic.model_validate(searches.change(session, actor, search_id, change))


@router.delete("/searches/{search_id}", status_code=204, responses=_ABSENT)
def delete_search(session: SessionDep, actor: ActorDep, search_id: SearchId) -> None:
    """Keep a search no longer."""
    searches.delete(session, actor, search_id)


@router.get("/{image_id}", responses=_ABSENT)
def read_image(session: SessionDep, actor: ActorDep, image_id: ImageId) -> LibraryImage:
    """Read about one image."""
    image = images.get(session, actor, image_id)
    return presentation.present(session, actor, [image])[0]


@router.get("/{image_id}/lineage", responses=_ABSENT)
def read_lineage(session: SessionDep, actor: ActorDep, image_id: ImageId) -> Lineage:
    """Read what an image was made from, and what was made from it."""
    image = images.get(session, actor, image_id)
    ancestors = repository.ancestors_of(session, actor, image)
    children = repository.children_of(session, actor, image)
    return Lineage(
        upload=repository.upload_under(session, actor, [*ancestors, image][0]),
        ancestors=presentation.present(session, actor, ancestors),
        children=presentation.present(session, actor, children),
    )


@router.get("/{image_id}/similar", responses=_ABSENT)
def read_similar(
    session: SessionDep,
    actor: ActorDep,
    image_id: ImageId,
    limit: LimitQuery = _USUAL_STRIP,
) -> list[Alike]:
    """Read which images look most like one, the most alike first; none where no checker saw it."""
    image = images.get(session, actor, image_id)
    found = likeness.alike(session, actor, image, limit=limit)
    shown = {
        one.id: one
        for one in presentation.present_ids(session, actor, [each.image_id for each in found])
    }
    return [Alike(score=each.score, image=shown[each.image_id]) for each in found]


def _sent(chunks: Iterator[bytes], media_type: str, suffix: str) -> StreamingResponse:
    name = f"atelier-images-{clock.utc_now():%Y-%m-%d}.{suffix}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(chunks, media_type=media_type, headers=headers)

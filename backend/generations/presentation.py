"""Turns generation rows into what their owner sees: with images, how they wait and live progress."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlmodel import Session

from backend.galleries import repository as galleries
from backend.generations.models import Generation
from backend.generations.originals import NONE, Originals, originals_of
from backend.generations.schemas import (
    Destination,
    GenerationError,
    GenerationPublic,
    GenerationUrls,
    ImageInGeneration,
    LiveProgress,
    Preview,
    Snapshot,
    Wait,
)
from backend.generations.waits import waits_of
from backend.images import repository as images
from backend.images.models import Image
from backend.images.ops import op_of
from backend.images.schemas import Prompts
from backend.kit.context import Context
from backend.kit.live import Glimpse, Hub
from backend.kit.queue import State
from backend.usage.price import credits_in, micro


def present(
    session: Session,
    context: Context,
    rows: Sequence[Generation],
    waits: Mapping[str, Wait] | None = None,
) -> list[GenerationPublic]:
    """Return `rows`, which the caller was allowed to read, as their owner sees them.

    `waits` tells how they wait, where the caller has asked already.
    """
    if not rows:
        return []
    pictures = defaultdict(list)
    for image in images.of_generations(session, [row.id for row in rows]):
        pictures[image.generation_id].append(_image(image))
    waits = waits_of(session, context, rows) if waits is None else waits
    into = _destinations(session, rows)
    originals = originals_of(session, rows)
    return [
        _public(
            row,
            pictures[row.id],
            waits.get(row.id, Wait()),
            into.get(row.id),
            originals.get(row.id, NONE),
            context.hub,
        )
        for row in rows
    ]


def present_one(session: Session, context: Context, row: Generation) -> GenerationPublic:
    """Return `row`, which the caller was allowed to read, as its owner sees it."""
    return present(session, context, [row])[0]


def snapshot(
    session: Session, context: Context, rows: Sequence[Generation], waits: Mapping[str, Wait]
) -> Snapshot:
    """Return the queued and running `rows` with the latest preview of each."""
    return Snapshot(
        generations=present(session, context, rows, waits), previews=_previews(context.hub, rows)
    )


def _previews(hub: Hub, rows: Sequence[Generation]) -> dict[str, Preview]:
    found = {row.id: _glimpse(hub, row) for row in rows}
    return {key: seen.preview for key, seen in found.items() if seen and seen.preview}


def _glimpse(hub: Hub, row: Generation) -> Glimpse | None:
    """Return the latest glimpse of this very claim: another process may have died over an older one."""
    seen = hub.latest(row.id) if row.state is State.RUNNING else None
    return seen if seen and seen.mark.fence == row.fence else None


def _destinations(session: Session, rows: Sequence[Generation]) -> dict[str, Destination]:
    """Return where the images of each go, by its id; who may change a gallery no longer puts nothing into it."""
    found: dict[str, Destination] = {}
    for owner in {row.owner_id for row in rows}:
        theirs = {
            row.id: row.gallery_id for row in rows if row.owner_id == owner and row.gallery_id
        }
        names = galleries.names_edited_by(session, owner, set(theirs.values())) if theirs else {}
        found |= {
            row_id: Destination(id=gallery_id, name=names[gallery_id])
            for row_id, gallery_id in theirs.items()
            if gallery_id in names
        }
    return found


def _public(  # noqa: PLR0913, PLR0917 - a row, and what is known of it elsewhere
    row: Generation,
    pictures: list[ImageInGeneration],
    wait: Wait,
    into: Destination | None,
    originals: Originals,
    hub: Hub,
) -> GenerationPublic:
    here = f"/api/v1/generations/{row.id}"
    return GenerationPublic(
        id=row.id,
        state=row.state,
        parameters=row.parameters,
        name=row.name,
        pinned=row.pinned_at is not None,
        credits=credits_in(micro(row.cost)),
        from_cache=row.from_cache,
        by_canary=row.by_canary,
        gallery=into,
        parent_id=row.parent_id,
        op=op_of(row.parameters),
        drawn_over=originals.over,
        shapes=originals.shapes,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        images=pictures,
        error=_error(row),
        progress=_progress(hub, row),
        request_id=row.request_id,
        urls=GenerationUrls(self=here, events=f"{here}/events", cancel=f"{here}/cancel"),
        **dict(wait),
    )


def _error(row: Generation) -> GenerationError | None:
    if row.state is not State.FAILED:
        return None
    return GenerationError(code=row.error_code or "broken", message=row.error_message or "")


def _progress(hub: Hub, row: Generation) -> LiveProgress | None:
    seen = _glimpse(hub, row)
    if seen is None or seen.progress is None:
        return None
    return LiveProgress(**seen.progress.model_dump(exclude={"type"}))


def _image(image: Image) -> ImageInGeneration:
    return ImageInGeneration(
        id=image.id,
        index=image.index,
        seed=image.seed,
        width=image.width,
        height=image.height,
        moderation=image.moderation,
        reason=image.reason,
        content_type=image.content_type,
        words=_words(image),
    )


def _words(image: Image) -> Prompts | None:
    if image.template is None:
        return None
    asked = image.parameters
    return Prompts(prompt=asked.prompt, negative_prompt=asked.negative_prompt)

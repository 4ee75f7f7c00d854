"""The one door of finished images, drawn or answered: row, verdict, search, gallery, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend.images import service as images
from backend.images.models import Image
from backend.images.service import PreparedImage
from backend.kit.storage import Storage
from backend.library import index
from backend.likeness import service as likeness
from backend.moderation import service as moderation
from backend.placing import service as placing
from inference.protocol import SafetyScores


@dataclass(frozen=True)
class Finished:
    """One image whose files are stored, and what the safety checker saw in it.

    `source_id` is the image whose pixels these are, where nothing was drawn.
    """

    prepared: PreparedImage
    scores: SafetyScores | None
    source_id: str | None = None


@dataclass(frozen=True)
class Place:
    """Whose the images become, the gallery that they are put into, and the image that they were made from."""

    owner_id: str
    gallery_id: str | None
    parent_id: str | None


def keep(
    session: Session, storage: Storage, finished: Sequence[Finished], place: Place
) -> list[Image]:
    """Add the rows of finished images, judged, and return them.

    Raises:
        FileNotFoundError: The storage has lost a file of theirs.
    """
    kept = []
    for one in finished:
        image = images.record(
            session, one.prepared, owner_id=place.owner_id, parent_id=place.parent_id
        )
        moderation.judge(session, image, one.scores)
        if one.source_id:
            likeness.place_beside(session, image, one.source_id)
        kept.append(image)
    index.enter(session, kept)
    placing.place_drawn(session, place.owner_id, place.gallery_id, kept)
    # Not before: whoever removes orphans lets no row in, and what it took is gone by now.
    for one in finished:
        images.check_kept(storage, one.prepared)
    return kept

"""Writes what images are found by. The databases keep their own indexes of it: see migration 0015.

Written in the transaction that changes the image or its tags, so that a search never lags behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import text
from sqlmodel import Session, col, select

from backend.images.models import Image
from backend.kit.database import insert_into, is_sqlite
from backend.library.folding import line_of
from backend.library.models import ImageLora, SearchEntry
from backend.library.repository import tags_of


def enter(session: Session, images: Iterable[Image]) -> None:
    """Write down anew what these images are found by."""
    by_id = {image.id: image for image in images}
    tags = tags_of(session, by_id)
    rows = [
        {
            "image_id": image.id,
            "words": line_of(
                [image.parameters.prompt, *tags.get(image.id, ())],
                [image.template.prompt] if image.template else [],
            ),
            "model": image.parameters.model,
            "seed": image.seed,
        }
        for image in by_id.values()
    ]
    if not rows:
        return
    insert = insert_into(session, SearchEntry)
    known = {name: insert.excluded[name] for name in ("words", "model", "seed")}
    session.execute(insert.on_conflict_do_update(index_elements=["image_id"], set_=known), rows)
    _enter_loras(session, by_id.values())


def _enter_loras(session: Session, images: Iterable[Image]) -> None:
    """Write down which LoRAs these images were drawn with, which never changes."""
    rows = [
        {"image_id": image.id, "name": use.name.lower()}
        for image in images
        for use in image.parameters.loras_used
        if use.scale
    ]
    if rows:
        session.execute(insert_into(session, ImageLora).on_conflict_do_nothing(), rows)


def enter_again(session: Session, image_ids: Collection[str]) -> None:
    """Write down anew what images are found by whose prompt or tags have changed."""
    enter(session, session.exec(select(Image).where(col(Image.id).in_(image_ids))))


def forget_removed(session: Session) -> None:
    """Leave no word of a removed image in the index: SQLite only marks it as removed until parts are merged."""
    if is_sqlite(session):
        session.execute(text("INSERT INTO search_index(search_index) VALUES ('optimize')"))

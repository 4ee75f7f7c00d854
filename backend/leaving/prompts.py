"""Forgets what was written to draw old pictures: in the rows, and inside the files, which say it too."""

from __future__ import annotations

import logging
from collections.abc import Collection
from hashlib import sha256
from typing import Final, TypeVar

from sqlmodel import Session, col, select

from backend.generations.models import Generation
from backend.grids import repository as grids
from backend.images import handing, webp
from backend.images.models import Image
from backend.images.repository import files_among
from backend.images.schemas import Variant
from backend.images.service import SUFFIX
from backend.kit.storage import Storage
from backend.library import index
from backend.provenance.marker import Marker
from backend.recipes import runs
from inference.protocol import GenerationParameters

FORGOTTEN: Final = "(forgotten)"
P = TypeVar("P", bound=GenerationParameters)

_log = logging.getLogger("atelier.leaving")


def forget(session: Session, storage: Storage, marker: Marker, ids: Collection[str]) -> None:
    """Blank the prompts of those generations, which have ended, of their images, and of grids and runs that have them.

    An image's file is written anew without prompt and settings, and signed anew; that a model made it stays in it. Pixels
    stay as they are, bit for bit. `files.keep_rows_out` comes before.
    """
    for row in session.exec(select(Generation).where(col(Generation.id).in_(ids))).all():
        row.parameters, row.name = _blank(row.parameters), None
        session.add(row)
    for grid in grids.with_cells(session, ids):
        grid.parameters, grid.axes = _blank(grid.parameters), grid.axes.without_words(FORGOTTEN)
        session.add(grid)
    for run in runs.with_generations(session, ids):
        run.plan = run.plan.without_words(FORGOTTEN)
        session.add(run)
    images = session.exec(select(Image).where(col(Image.generation_id).in_(ids))).all()
    for image in images:
        image.parameters = _blank(image.parameters).model_copy(update={"template": None})
        image.result_key = None  # a digest can be guessed at
        _clean(session, storage, marker, image)
    index.enter(session, images)


def _blank(parameters: P) -> P:
    return parameters.model_copy(update={"prompt": FORGOTTEN, "negative_prompt": ""})


def _clean(session: Session, storage: Storage, marker: Marker, image: Image) -> None:
    former = image.storage_key
    if image.purged_at is not None:
        return  # there are none any more
    try:
        data = handing.handed_out(marker, handing.read(storage, image, Variant.CLEAN))
    except FileNotFoundError:
        return  # an erasure or retention was here and was interrupted
    except ValueError as error:
        _log.warning("the file of image %s was not blanked: %s", image.id, error)
        return
    image.storage_key, image.sha256 = storage.put(data, suffix=SUFFIX), sha256(data).hexdigest()
    image.signed = image.signed and webp.is_signed(data)
    session.add(image)
    session.flush()
    if not files_among(session, [former]):
        storage.delete(former)

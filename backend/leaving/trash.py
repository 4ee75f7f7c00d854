"""Empties a person's trash when they say so; what lies there for long goes by itself (`ageing`)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.images.models import Image
from backend.kit.storage import Storage
from backend.leaving import files, removal
from backend.leaving.ageing import is_free_image
from backend.leaving.belongings import IMAGES
from backend.leaving.schemas import Emptied
from backend.legalholds import repository as legal_holds

AT_ONCE: Final = 200


def empty(session: Session, storage: Storage, actor: Actor) -> Emptied:
    """Delete what `actor` threw away, the oldest first, at most `AT_ONCE` images; a legal hold keeps its own.

    Raises:
        OSError: The storage refuses. Say it again.
    """
    legal_holds.keep_new_ones_out(session)
    files.keep_rows_out(session)
    theirs = and_(col(Image.owner_id) == actor.id, col(Image.trashed_at).is_not(None))
    free = and_(theirs, is_free_image())
    number = select(func.count()).select_from(Image)
    in_trash = session.execute(number.where(theirs)).scalar_one()
    ids = removal.some(session, IMAGES, free, AT_ONCE)
    if ids:
        removal.remove_images(session, storage, ids)
    for image_id in ids:
        audit.record(session, actor_id=actor.id, verb="image.delete", subject=f"image:{image_id}")
    left = session.execute(number.where(free)).scalar_one()
    return Emptied(deleted=len(ids), kept=in_trash - len(ids) - left, left=left)

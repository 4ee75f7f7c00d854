"""Which images a lookup id leads to. It may be shared by a few rows, each of which is looked at by itself."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.images import repository as images
from backend.images.models import Image
from backend.kit.errors import NotFound

MOST_LOOKED_AT: Final = 50


def is_kept(session: Session, lookup: int) -> bool:
    """Return whether there is an image of that lookup id whose files were not removed for good; whatever its state."""
    kept = select(Image.id).where(col(Image.lookup) == lookup, col(Image.purged_at).is_(None))
    return session.exec(kept.limit(1)).first() is not None


def opened_by(session: Session, actor: Actor, lookup: int) -> str | None:
    """Return the id of the oldest image of that lookup id whose pixels `actor` may see, None where there is none."""
    readable = images.readable_by(actor).where(
        col(Image.lookup) == lookup, col(Image.purged_at).is_(None)
    )
    rows = session.exec(readable.order_by(col(Image.id)).limit(MOST_LOOKED_AT))
    return next((row.id for row in rows if _shows(session, actor, row.id)), None)


def _shows(session: Session, actor: Actor, image_id: str) -> bool:
    try:
        images.get_shown(session, actor, image_id)
    except NotFound:
        return False
    return True

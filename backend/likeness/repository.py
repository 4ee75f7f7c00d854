"""The door to likeness rows. Who may see what is `images.repository`'s word, asked in every statement here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, true, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.images import repository as images
from backend.images.models import Image
from backend.likeness.codes import BANDS
from backend.likeness.models import ImageLikeness

NEWEST_OF_A_BAND = 300
NEWEST = 500


def candidates(session: Session, actor: Actor | None, like: ImageLikeness) -> list[ImageLikeness]:
    """Return what may look like `like` among the images that `actor` comes across (None: all), itself left out.

    Of each band the newest that share it, and the newest of all: bounded, however many images there are.
    """
    shared = [
        _newest(actor, like, _band(n) == like.bands[n], NEWEST_OF_A_BAND) for n in range(BANDS)
    ]
    near = union(
        *(select(part.subquery()) for part in (*shared, _newest(actor, like, None, NEWEST)))
    )
    ids = select(near.subquery().c.image_id)
    return list(session.exec(select(ImageLikeness).where(col(ImageLikeness.image_id).in_(ids))))


def get(session: Session, image_id: str) -> ImageLikeness | None:
    """Return where an image lies, which the caller was allowed to read; None: nothing looked at it."""
    return session.get(ImageLikeness, image_id)


def has_a_twin(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Image that the actor comes across another image which is the same picture."""
    mine, other, pictured = aliased(ImageLikeness), aliased(ImageLikeness), aliased(Image)
    twins = (
        select(col(other.image_id))
        .join(mine, (col(mine.space) == other.space) & (col(mine.digest) == other.digest))
        .join(pictured, col(pictured.id) == other.image_id)
        .where(col(mine.image_id) == Image.id, col(other.image_id) != Image.id)
        .where(images.visible_to(actor, pictured))
    )
    return exists(twins.correlate(Image))


def _newest(
    actor: Actor | None, like: ImageLikeness, within: ColumnElement[bool] | None, most: int
) -> SelectOfScalar[str]:
    rows = select(ImageLikeness.image_id).join(Image, col(Image.id) == ImageLikeness.image_id)
    rows = rows.where(
        ImageLikeness.space == like.space,
        ImageLikeness.image_id != like.image_id,
        images.visible_to(actor) if actor else true(),
    )
    if within is not None:
        rows = rows.where(within)
    return rows.order_by(col(ImageLikeness.image_id).desc()).limit(most)


def _band(number: int) -> ColumnElement[int]:
    column: ColumnElement[int] = getattr(ImageLikeness, f"band_{number}")
    return column

"""The only door to image rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, and_, func, or_, true, union_all
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.galleries import repository as galleries
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.among import among
from backend.kit.database import lock_tables
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page


def visible_to(actor: Actor, image: type[Image] = Image) -> ColumnElement[bool]:
    """Return the condition that `actor` comes across `image`: their own, and what galleries show them.

    Not what is in the trash, and of others' only what moderation released.
    """
    shown = and_(
        col(image.moderation) == Moderation.RELEASED,
        galleries.shows(actor, col(image.id)),
    )
    return and_(col(image.trashed_at).is_(None), or_(_owned_by(actor, image), shown))


def readable_by(actor: Actor) -> SelectOfScalar[Image]:
    """Select the images whose facts `actor` may read: what they come across, their trash; a reviewer, everything."""
    may_read = true() if actor.may(REVIEW) else or_(_owned_by(actor), visible_to(actor))
    return select(Image).where(may_read)


def get(session: Session, actor: Actor, image_id: str) -> Image:
    """Return one image that `actor` may read about.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    image = session.exec(readable_by(actor).where(Image.id == image_id)).one_or_none()
    if image is None:
        raise no_such_image(image_id)
    return image


def get_shown(session: Session, actor: Actor, image_id: str) -> Image:
    """Return one image whose pixels `actor` may see: released, or any for a reviewer.

    Raises:
        NotFound: There is none, it is not theirs, or it waits for a person.
    """
    image = get(session, actor, image_id)
    if not _shows(actor, image):
        raise no_such_image(image_id)
    return image


def drawable_among(session: Session, actor: Actor, ids: Collection[str]) -> list[Image]:
    """Return those of these images that `actor` may draw over: seen by them, released, and not in the trash."""
    usable = readable_by(actor).where(
        col(Image.moderation) == Moderation.RELEASED, col(Image.trashed_at).is_(None)
    )
    return list(session.exec(usable.where(among(col(Image.id), ids))))


def shown_at(session: Session, actor: Actor, generation_id: str, index: int) -> Image | None:
    """Return the image of that place in a generation, if `actor` may see its pixels."""
    there = readable_by(actor).where(Image.generation_id == generation_id, Image.index == index)
    image = session.exec(there).one_or_none()
    return image if image and _shows(actor, image) else None


def own_page(
    session: Session, actor: Actor, *, cursor: str | None, limit: int
) -> tuple[list[Image], str | None]:
    """Return some of the actor's own images, newest first, and the cursor of the next page."""
    own = select(Image).where(_owned_by(actor), col(Image.trashed_at).is_(None))
    return fetch_page(session, own, Image.id, cursor=cursor, limit=limit)


def of_generations(session: Session, generation_ids: list[str]) -> list[Image]:
    """Return the images of generations that the caller was already allowed to read, without the trash."""
    query = select(Image).where(
        col(Image.generation_id).in_(generation_ids), col(Image.trashed_at).is_(None)
    )
    return list(session.exec(query.order_by(Image.generation_id, col(Image.index))))


def no_such_image(image_id: str) -> NotFound:
    """Return the one answer for images that are absent, somebody else's, or not to be seen."""
    return NotFound(f"There is no image {image_id!r} that you can open.")


def files_on(session: Session, digit: str) -> set[str]:
    """Return the keys of files that rows name and that begin with `digit`."""
    return _files(session, lambda key: func.substr(key, 1, 1) == digit)


def files_among(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of `keys` that rows name."""
    return _files(session, lambda key: key.in_(keys))


def keep_rows_out(session: Session) -> None:
    """Have whoever adds a row now wait until this writing transaction ends; who has added one is awaited."""
    lock_tables(session, Image)


def _shows(actor: Actor, image: Image) -> bool:
    there = image.purged_at is None
    return there and (image.moderation is Moderation.RELEASED or actor.may(REVIEW))


def _owned_by(actor: Actor, image: type[Image] = Image) -> ColumnElement[bool]:
    return col(image.owner_id) == actor.id


def _files(session: Session, wanted: Callable[[Mapped[str]], ColumnElement[bool]]) -> set[str]:
    named = (col(Image.storage_key), col(Image.preview_key), col(Image.thumb_key))
    found = session.execute(union_all(*(select(key).where(wanted(key)) for key in named)))
    return set(found.scalars())

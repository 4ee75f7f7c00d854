"""The only door to upload rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.kit.database import is_sqlite, lock_tables
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.legalholds.repository import covered, keep_new_ones_out
from backend.legalholds.schemas import SubjectKind
from backend.uploads.models import Upload


def readable_by(actor: Actor) -> SelectOfScalar[Upload]:
    """Select the uploads that `actor` may see: their own, and nobody else's."""
    return select(Upload).where(Upload.owner_id == actor.id)


def get(session: Session, actor: Actor, upload_id: str) -> Upload:
    """Return one upload of `actor`.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    found = session.exec(readable_by(actor).where(Upload.id == upload_id)).one_or_none()
    if found is None:
        raise NotFound(f"There is no upload {upload_id!r} that you can open.")
    return found


def own_page(
    session: Session, actor: Actor, *, cursor: str | None, limit: int
) -> tuple[list[Upload], str | None]:
    """Return some of the actor's uploads, newest first, and the cursor of the next page."""
    return fetch_page(session, readable_by(actor), Upload.id, cursor=cursor, limit=limit)


def lock_owner(session: Session, owner_id: str) -> None:
    """Have whoever adds for the same person wait until this transaction ends."""
    if not is_sqlite(session):  # a writing transaction there is alone already
        person = select(User.id).where(User.id == owner_id)
        session.exec(person.with_for_update(key_share=True)).one()


def held_by(session: Session, owner_id: str) -> tuple[int, int]:
    """Return how many uploads a person has, and their bytes together."""
    size = func.coalesce(func.sum(Upload.size_bytes), 0)
    held = select(func.count(), size).where(Upload.owner_id == owner_id)
    number, together = session.exec(held).one()
    return number, int(together)


def forget(session: Session, *, unused_since: datetime, limit: int) -> list[Upload]:
    """Delete the rows of up to `limit` uploads that nobody used since then; return what they were.

    What a legal hold covers stays.
    """
    keep_new_ones_out(session)
    kept = col(Upload.owner_id).in_(covered(SubjectKind.PERSON))
    unused = select(Upload).where(col(Upload.used_at) < unused_since, ~kept)
    old = unused.order_by(Upload.id).limit(limit)
    rows = list(session.exec(old.with_for_update(skip_locked=True)))
    session.exec(delete(Upload).where(col(Upload.id).in_([row.id for row in rows])))
    return rows


def files_on(session: Session, digit: str) -> set[str]:
    """Return the keys of files that rows name and that begin with `digit`."""
    named = select(Upload.storage_key).where(func.substr(Upload.storage_key, 1, 1) == digit)
    return set(session.exec(named))


def files_among(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of `keys` that rows name."""
    return set(session.exec(select(Upload.storage_key).where(col(Upload.storage_key).in_(keys))))


def keep_rows_out(session: Session) -> None:
    """Have whoever adds a row now wait until this writing transaction ends; who has added one is awaited."""
    lock_tables(session, Upload)

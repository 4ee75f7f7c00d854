"""The only door to upload rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import func, update
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.kit import clock
from backend.kit.among import among
from backend.kit.database import is_sqlite, lock_tables
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.legalholds.repository import covered, keep_new_ones_out
from backend.legalholds.schemas import SubjectKind
from backend.uploads.models import Upload

# Kilobytes, which only `credentials_of` reads.
_LIGHTLY: Final = defer(cast("QueryableAttribute[Any]", Upload.credentials))


def readable_by(actor: Actor) -> SelectOfScalar[Upload]:
    """Select the uploads that `actor` may see: their own, and nobody else's."""
    return select(Upload).options(_LIGHTLY).where(Upload.owner_id == actor.id)


def get(session: Session, actor: Actor, upload_id: str) -> Upload:
    """Return one upload of `actor`.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    wanted = readable_by(actor).where(Upload.id == upload_id)
    return _found(session.exec(wanted).one_or_none(), upload_id)


def own_among(session: Session, actor: Actor, ids: Collection[str]) -> list[Upload]:
    """Return those of these uploads that are the actor's own."""
    return list(session.exec(readable_by(actor).where(among(col(Upload.id), ids))))


def touch(session: Session, upload: Upload) -> bool:
    """Note that `upload` is drawn from; return False if it was deleted meanwhile. Nobody else deletes it now."""
    used = update(Upload).where(col(Upload.id) == upload.id).values(used_at=clock.utc_now())
    return session.exec(used).rowcount == 1


def to_delete(session: Session, actor: Actor, upload_id: str) -> Upload:
    """Return one upload of `actor`; whoever wants to draw from it waits until this transaction ends.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    wanted = readable_by(actor).where(Upload.id == upload_id).with_for_update()
    return _found(session.exec(wanted).one_or_none(), upload_id)


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


def credentials_of(session: Session, upload_id: str) -> bytes | None:
    """Return what was kept of an upload's own manifest, None: nothing."""
    return session.exec(select(Upload.credentials).where(Upload.id == upload_id)).one_or_none()


def held_by(session: Session, owner_id: str) -> tuple[int, int]:
    """Return how many uploads a person has, and their bytes together."""
    size = func.coalesce(func.sum(Upload.size_bytes), 0)
    held = select(func.count(), size).where(Upload.owner_id == owner_id)
    number, together = session.exec(held).one()
    return number, int(together)


def forget(
    session: Session, *, unused_since: datetime, limit: int, but: Collection[str] = ()
) -> list[Upload]:
    """Delete the rows of up to `limit` uploads that nobody used since then; return what they were.

    What a legal hold covers stays, and so do those whose ids are in `but`.
    """
    keep_new_ones_out(session)
    kept = col(Upload.owner_id).in_(covered(SubjectKind.PERSON))
    unused = select(Upload).options(_LIGHTLY).where(col(Upload.used_at) < unused_since, ~kept)
    if but:
        unused = unused.where(~among(col(Upload.id), but))
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


def _found(row: Upload | None, upload_id: str) -> Upload:
    if row is None:
        raise NotFound(f"There is no upload {upload_id!r} that you can open.")
    return row

"""The verbs of uploads: keep, delete, forget. Files first, then rows; a file goes after its last row.

No upload shares a file with an image: an image's files carry metadata, an upload's never do, and files are
named by what is in them. So a file that no upload's row names is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict, NotFound
from backend.kit.settings import Settings
from backend.uploads import repository
from backend.uploads.decoding import Picture
from backend.uploads.models import Upload

SUFFIX = ".webp"
MEGABYTE = 1_000_000


def check_room(session: Session, settings: Settings, actor: Actor, *, more: int = 0) -> None:
    """Return if `actor` may keep one upload more, of `more` bytes.

    Raises:
        Conflict: They have as many as one person may have, or as many bytes.
    """
    number, together = repository.held_by(session, actor.id)
    if number >= settings.max_uploads:
        raise Conflict(
            f"{settings.max_uploads} uploads are as many as one person may have; delete one first."
        )
    if together + more > settings.max_upload_megabytes * MEGABYTE:
        raise Conflict(
            f"Your uploads together may take {settings.max_upload_megabytes} MB, and with this one would "
            "take more; delete one first."
        )


def keep(context: Context, session: Session, actor: Actor, picture: Picture, key: str) -> Upload:
    """Add the row of a picture whose file is stored under `key`.

    Raises:
        Conflict: There is no room for it.
    """
    repository.lock_owner(session, actor.id)
    check_room(session, context.settings, actor, more=len(picture.data))
    row = Upload(
        owner_id=actor.id,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.data),
        storage_key=key,
        credentials=picture.credentials,
    )
    session.add(row)
    session.flush()
    if not context.storage.exists(key):  # somebody deleted the same picture after we had stored it
        context.storage.put(picture.data, suffix=SUFFIX)
    _record(session, actor.id, "upload.create", row)
    return row


def read(context: Context, row: Upload) -> bytes:
    """Return the picture of `row`.

    Raises:
        NotFound: It is being deleted: its file goes right after its row.
    """
    try:
        return context.storage.get(row.storage_key)
    except FileNotFoundError:
        raise NotFound(f"There is no upload {row.id!r} that you can open.") from None


def delete(context: Context, session: Session, actor: Actor, row: Upload) -> None:
    """Delete an upload of `actor`, which `repository.to_delete` returned, and its file unless another is the same.

    Whether it may be deleted is `recipes.unneeded`'s word.
    """
    session.delete(row)
    _record(session, actor.id, "upload.delete", row)
    call_after_commit(session, lambda: remove_unnamed(context, [row.storage_key]))


def forget(
    context: Context, *, limit: int, in_use: Callable[[Session], Collection[str]] | None = None
) -> int:
    """Forget uploads unused for `upload_days`, at most `limit`, with their files; return how many.

    `in_use` says which are still to be drawn from, however long that waits; those stay.
    """
    unused_since = clock.utc_now() - timedelta(days=context.settings.upload_days)
    with context.database.write() as session:
        but = in_use(session) if in_use else ()
        rows = repository.forget(session, unused_since=unused_since, limit=limit, but=but)
        for row in rows:
            _record(session, None, "upload.forget", row)
    if rows:
        remove_unnamed(context, {row.storage_key for row in rows})
    return len(rows)


def remove_unnamed(context: Context, keys: Collection[str]) -> None:
    """Remove those of `keys` that no row names; nobody can add a row meanwhile."""
    with context.database.write() as session:
        repository.keep_rows_out(session)
        for key in set(keys) - repository.files_among(session, keys):
            context.storage.delete(key)


def _record(session: Session, actor_id: str | None, verb: str, row: Upload) -> None:
    detail = {"owner": row.owner_id, "size": f"{row.width}x{row.height}"}
    audit.record(session, actor_id=actor_id, verb=verb, subject=f"upload:{row.id}", detail=detail)

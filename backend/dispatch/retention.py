"""Removes files that no row names. Knows nothing of what is in them.

A file is stored before its row, so whoever dies in between leaves an orphan; so does an attempt that
fails when some of its images are stored. Three things keep a file that is still needed:

* only an old orphan goes, and storing the same bytes again makes a file young;
* it is looked up again, and removed, while no row of an image or an upload can be added;
* whoever adds a row looks, after that, that its files are there (`settlement`, `uploads.service`).

Every dispatcher looks, at any time; two that find the same orphan do no harm. Where so much belongs to
no row that this is rather the wrong database, nothing is removed until a person says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from prometheus_client import Counter
from sqlmodel import Session

from backend.dispatch.rounds import go_round
from backend.images import repository as images
from backend.kit.context import Context
from backend.kit.database import Database
from backend.kit.storage import Storage, shelves
from backend.kit.telemetry import REGISTRY
from backend.uploads import repository as uploads

FIRST_WITHIN_S: Final = 60.0
HOUR_S: Final = 3600.0
FEW: Final = 100
SHARE: Final = 0.1
_AT_ONCE: Final = 20

REMOVED: Final = Counter(
    "atelier_orphans_removed_total",
    "Files removed because no row names them, and what writers left that broke off.",
    registry=REGISTRY,
)

_log = logging.getLogger("atelier.retention")


class TooManyOrphans(Exception):
    """More files belong to no row than crashes explain; nothing was removed."""

    def __init__(self, orphans: int, files: int) -> None:
        super().__init__(
            f"{orphans} of {files} files belong to no row of this database; nothing was removed. Is it the "
            "right one for ATELIER_STORAGE_URL, and was it restored from a backup? If they may go: "
            "atelier remove-orphans --many"
        )


async def watch(context: Context) -> None:
    """Remove orphans once in the time that makes one, until cancelled; not at all if that is 0."""
    older_than_s = context.settings.orphan_hours * HOUR_S
    if older_than_s:
        await go_round(
            partial(_remove, context, older_than_s),
            every_s=older_than_s,
            first_within_s=min(FIRST_WITHIN_S, older_than_s),
            log=_log,
            what="orphans",
        )


async def _remove(context: Context, older_than_s: float) -> None:
    """Do it in steps, so that a studio that stops need not wait for a large store."""
    steps = removing(context.database, context.storage, older_than_s)
    try:
        while await asyncio.to_thread(next, steps, None) is not None:
            pass
    except TooManyOrphans as error:
        _log.warning("orphans: %s", error)


def removing(
    database: Database, storage: Storage, older_than_s: float, *, many: bool = False
) -> Iterator[int]:
    """Remove orphans older than that, step by step; each step yields how many files it removed.

    Raises:
        TooManyOrphans: They are more than `FEW` and more than `SHARE` of all, and not `many` are allowed.
    """
    orphans: list[str] = []
    files = 0
    for shelf in shelves():
        number, found = _look(database, storage, shelf, older_than_s)
        files += number
        orphans += found
        yield 0
    if len(orphans) > max(FEW, SHARE * files) and not many:
        raise TooManyOrphans(len(orphans), files)
    yield _counted(storage.remove_parts(older_than_s))
    for start in range(0, len(orphans), _AT_ONCE):
        yield _counted(_delete(database, storage, orphans[start : start + _AT_ONCE], older_than_s))


def orphans_of(database: Database, storage: Storage, older_than_s: float) -> list[str]:
    """Return the keys that `removing` would remove."""
    return [key for shelf in shelves() for key in _look(database, storage, shelf, older_than_s)[1]]


def _look(
    database: Database, storage: Storage, shelf: Sequence[str], older_than_s: float
) -> tuple[int, list[str]]:
    """Return how many files are on `shelf`, and its orphans."""
    kept = [key for folder in shelf for key in storage.keys(folder)]
    with database.read() as session:
        named = _named_on(session, shelf[0][0]) if kept else set()
    return len(kept), _old(storage, [key for key in kept if key not in named], older_than_s)


def _named_on(session: Session, digit: str) -> set[str]:
    """Return the keys that rows name and that begin with `digit`."""
    return images.files_on(session, digit) | uploads.files_on(session, digit)


def _delete(database: Database, storage: Storage, keys: Sequence[str], older_than_s: float) -> int:
    """Remove those of `keys` that are still orphans; nobody can add a row meanwhile."""
    with database.write() as session:
        images.keep_rows_out(session)
        uploads.keep_rows_out(session)
        named = images.files_among(session, keys) | uploads.files_among(session, keys)
        doomed = _old(storage, [key for key in keys if key not in named], older_than_s)
        for key in doomed:
            storage.delete(key)
    return len(doomed)


def _old(storage: Storage, keys: Sequence[str], older_than_s: float) -> list[str]:
    old = []
    for key in keys:
        with suppress(FileNotFoundError):  # somebody else removed it
            if storage.age(key) >= older_than_s:
                old.append(key)
    return old


def _counted(removed: int) -> int:
    if removed:
        REMOVED.inc(removed)
        _log.warning("retention: removed %d files that no row names", removed)
    return removed

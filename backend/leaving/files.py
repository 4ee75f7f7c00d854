"""Removes the files of rows that are being removed, and no file that another row names.

A file is called by what is in it, so two people may have one: a preview of the same picture drawn twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, union_all
from sqlmodel import Session

from backend.kit.database import lock_tables
from backend.kit.storage import Storage
from backend.leaving.belongings import BELONGINGS, Belonging


class Removed(NamedTuple):
    """How many files went, and how many stayed because somebody else's row names them."""

    gone: int
    shared: int


def keep_rows_out(session: Session) -> None:
    """Let nobody add or change a row that names files until this writing transaction ends.

    Say it before anything else of the transaction is locked. Reading goes on.
    """
    # Not SHARE: two of us would both get that, and then wait for each other. Nor less than EXCLUSIVE: a reviewer
    # who has locked a row already would wait for us, and we for that row.
    lock_tables(session, *(one.table for one in _with_files()), mode="EXCLUSIVE")


def remove(
    session: Session, storage: Storage, belonging: Belonging, ids: Collection[str]
) -> Removed:
    """Remove the files of those rows, which the caller deletes in this transaction; see `keep_rows_out`.

    Raises:
        OSError: The storage refuses. What is gone by then is gone; saying it again goes on.
    """
    keys = keys_of(session, belonging, ids)
    elsewhere = _named_elsewhere(session, keys, belonging, ids)
    for key in keys - elsewhere:
        storage.delete(key)
    return Removed(len(keys - elsewhere), len(elsewhere))


def keys_of(session: Session, belonging: Belonging, ids: Collection[str]) -> set[str]:
    """Return the keys of the files that those rows name."""
    columns = _columns(belonging)
    if not columns:
        return set()
    rows = session.execute(select(*columns).where(belonging.key.in_(ids)))
    return {key for row in rows for key in row if key}


def sizes(storage: Storage, keys: Collection[str]) -> int:
    """Return how many bytes those files have together; one that is gone has none."""
    total = 0
    for key in keys:
        try:
            total += storage.size(key)
        except FileNotFoundError:
            continue
    return total


def _named_elsewhere(
    session: Session, keys: set[str], of: Belonging, ids: Collection[str]
) -> set[str]:
    """Return those of `keys` that any row but these names."""
    looks = []
    for belonging in _with_files():
        for column in _columns(belonging):
            look = select(column).where(column.in_(keys))
            looks.append(look.where(belonging.key.not_in(ids)) if belonging is of else look)
    return set(session.execute(union_all(*looks)).scalars()) if keys else set()


def _with_files() -> Iterator[Belonging]:
    return (one for one in BELONGINGS if one.files)


def _columns(belonging: Belonging) -> Sequence[Any]:
    return [getattr(belonging.table, name) for name in belonging.files]

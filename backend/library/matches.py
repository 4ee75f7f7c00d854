"""Walks through the images that a search looks for, the newest first, and never by counting rows.

SQLite's index of words is walked from its end: its numbers grow with the images. PostgreSQL chooses by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Select, asc, desc, func, select
from sqlmodel import col

from backend.images.models import Image
from backend.kit.among import among
from backend.kit.database import is_sqlite
from backend.library.conditions import Asking, Wanted
from backend.library.models import SearchEntry
from backend.library.words import INDEX, has, matched, vectored

_IN_A_STACK: Final = 5  # so many images a stack has, more or less


def select_matches(
    asking: Asking,
    wanted: Wanted,
    *columns: Any,  # noqa: ANN401
    after: str | None = None,
    oldest_first: bool = False,
) -> Select[Any]:
    """Select `columns` of the images that are looked for, newest first, older than the image `after`."""
    ordered = asc if oldest_first else desc
    entered = col(SearchEntry.image_id) == col(Image.id)
    query = select(*columns).where(*wanted.conditions)
    if after is not None:
        query = query.where(col(Image.id) < after)
    if not wanted.phrases:
        return query.select_from(Image).order_by(ordered(col(Image.id)))
    if not is_sqlite(asking.session):
        query = query.select_from(Image).join(SearchEntry, entered)
        return query.where(vectored(wanted.phrases)).order_by(ordered(col(Image.id)))
    query = query.select_from(INDEX).join(SearchEntry, col(SearchEntry.number) == INDEX.c.rowid)
    query = query.join(Image, entered).where(matched(wanted.phrases))
    if after is not None:
        query = query.where(INDEX.c.rowid <= _number_before(after))
    return query.order_by(ordered(INDEX.c.rowid))


def ids_page(asking: Asking, wanted: Wanted, *, after: str | None, limit: int) -> list[str]:
    """Return up to `limit` + 1 ids older than `after`: one more than a page has, if there are more."""
    query = select_matches(asking, wanted, col(Image.id), after=after).limit(limit + 1)
    return list(asking.session.execute(query).scalars())


def stacks_page(
    asking: Asking, wanted: Wanted, *, after: str | None, limit: int
) -> list[tuple[str, int]]:
    """Return the newest match of each stack older than `after` and how many match, up to `limit` + 1 of them."""
    heads: list[tuple[str, int]] = []
    for some in _in_chunks(asking, wanted, after, limit + 1):
        heads += _heads_among(asking, wanted, some)
        if len(heads) > limit:
            break
    return heads[: limit + 1]


def _in_chunks(
    asking: Asking, wanted: Wanted, after: str | None, size: int
) -> Iterator[list[tuple[str, str]]]:
    """Yield ids and stacks of matches, `size` at once, newest first, without stacks that came before."""
    seen: set[str] = set()
    at_once = size * _IN_A_STACK
    while True:
        query = select_matches(asking, wanted, col(Image.id), col(Image.stack), after=after)
        found = list(asking.session.execute(query.limit(at_once)))
        first: dict[str, str] = {}
        for image_id, stack in found:
            if (name := stack or image_id) not in seen:
                first.setdefault(name, image_id)
        seen |= first.keys()
        some = [(image_id, stack) for stack, image_id in first.items()]
        yield from (some[start : start + size] for start in range(0, len(some), size))
        if len(found) < at_once:
            return
        after = found[-1][0]


def _heads_among(
    asking: Asking, wanted: Wanted, some: list[tuple[str, str]]
) -> list[tuple[str, int]]:
    """Keep those that are the newest match of their stack, each with how many match."""
    conditions = list(wanted.conditions)
    if wanted.phrases:
        conditions.append(has(asking.session, wanted.phrases, col(Image.id)))
    stacks = {stack for _, stack in some}
    query = select(col(Image.stack), func.max(Image.id), func.count()).where(*conditions)
    query = query.where(among(col(Image.stack), stacks)).group_by(col(Image.stack))
    newest = {head: number for _, head, number in asking.session.execute(query)}
    return [
        (image_id, newest.get(image_id, 1))
        for image_id, stack in some
        if image_id in newest or stack == image_id
    ]


def _number_before(image_id: str) -> Any:  # noqa: ANN401
    """Select the highest number of the images that are older than that one."""
    older = select(col(SearchEntry.number)).where(col(SearchEntry.image_id) < image_id)
    return older.order_by(col(SearchEntry.image_id).desc()).limit(1).scalar_subquery()

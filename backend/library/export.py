"""Hands found images out: as a table of what they are, or as a zip of their files in folders by status.

What waits for a reviewer or was rejected is in no zip, its owner's neither. Both are sent as they are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.images.models import Image
from backend.images.service import is_shown, is_shown_now
from backend.kit import clock
from backend.kit.archive import Entry, stream
from backend.kit.database import Database
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.storage import Storage
from backend.library import grammar, matches, presentation, repository, spreadsheet
from backend.library.conditions import Asking, wanted
from backend.library.folding import words_of
from backend.library.schemas import MOST_AT_ONCE, Export, LibraryImage

MOST_BYTES: Final = 2_000_000_000
METADATA: Final = "metadata.csv"
_ROWS_AT_ONCE: Final = 200
_WORDS_IN_A_NAME: Final = 8
_LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class Taken:
    """An image in a zip: its name there, what is told of it, and the key of its file."""

    name: str
    told: LibraryImage
    key: str


def table(database: Database, actor: Actor, query: str) -> Iterator[bytes]:
    """Yield what `query` finds for `actor` as CSV, newest first, a few images in a transaction."""
    yield spreadsheet.head()
    now = clock.utc_now()
    last: str | None = None
    terms = grammar.parse(query)
    while True:
        with database.read() as session:
            asking = Asking(session, actor, now)
            looked_for = wanted(asking, terms)
            ids = matches.ids_page(asking, looked_for, after=last, limit=_ROWS_AT_ONCE)
            images = presentation.present_ids(session, actor, ids[:_ROWS_AT_ONCE])
        yield from spreadsheet.lines(images)
        if len(ids) <= _ROWS_AT_ONCE:
            return
        last = ids[_ROWS_AT_ONCE - 1]


def choose(session: Session, storage: Storage, actor: Actor, asked: Export) -> list[Taken]:
    """Return what a zip of those images will hold.

    Raises:
        Unprocessable: They are too many or too large, or none of them can be handed out.
    """
    ids = asked.image_ids or _found(session, actor, asked.q or "")
    known = repository.visible(session, actor, ids)
    rows = [known[one] for one in dict.fromkeys(ids) if one in known and is_shown(known[one])]
    if not rows:
        raise _refused(asked, "finds no image that can be handed out", "at least 1 image")
    if sum(_sizes(storage, rows)) > MOST_BYTES:
        raise _refused(asked, "is more than 2 GB; take fewer images", "2 GB")
    return _named(presentation.present(session, actor, rows), rows)


def zipped(database: Database, storage: Storage, taken: Sequence[Taken]) -> Iterator[bytes]:
    """Yield the zip; it needs the memory of one image. What is taken down while it is sent is left out."""
    return stream(_entries(database, storage, taken), clock.utc_now())


def _entries(database: Database, storage: Storage, taken: Sequence[Taken]) -> Iterator[Entry]:
    yield Entry(
        METADATA,
        [spreadsheet.head("file"), *(spreadsheet.line(one.told, one.name) for one in taken)],
    )
    for one in taken:
        if not is_shown_now(database, one.told.id):
            continue
        try:
            data = storage.get(one.key)
        except FileNotFoundError:
            continue  # deleted while the zip was being sent
        yield Entry(one.name, [data], packed=False)


def _found(session: Session, actor: Actor, query: str) -> list[str]:
    asking = Asking(session, actor, clock.utc_now())
    looked_for = wanted(asking, grammar.parse(query))
    ids = matches.ids_page(asking, looked_for, after=None, limit=MOST_AT_ONCE)
    if len(ids) > MOST_AT_ONCE:
        told = f"finds more than {MOST_AT_ONCE} images; narrow it, or name the images"
        raise _refused(Export(q=query), told, f"{MOST_AT_ONCE} images")
    return ids


def _sizes(storage: Storage, rows: Sequence[Image]) -> Iterator[int]:
    for row in rows:
        try:
            yield storage.size(row.storage_key)
        except FileNotFoundError:
            continue


def _named(told: Sequence[LibraryImage], rows: Sequence[Image]) -> list[Taken]:
    """Give each image a name of its own: folder of its status, words of its prompt, its seed."""
    taken, used = [], Counter[str]()
    for image, row in zip(told, rows, strict=True):
        words = "-".join(words_of(image.parameters.prompt)[:_WORDS_IN_A_NAME])[:_LONGEST_NAME]
        stem = f"{image.status}/{words.strip('-') or 'image'}-{image.seed}"
        used[stem] += 1
        often = f"-{used[stem]}" if used[stem] > 1 else ""
        taken.append(Taken(f"{stem}{often}.webp", image, row.storage_key))
    return taken


def _refused(asked: Export, message: str, limit: str) -> Unprocessable:
    field = "image_ids" if asked.image_ids else "q"
    problem = FieldProblem(field=field, message=message, limit=limit)
    return Unprocessable(f"{field} {message}", fields=[problem])

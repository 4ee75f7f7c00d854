"""Asks each database for the images that words are on: SQLite's FTS5, and PostgreSQL's GIN index of words.

Both were given the same folded words (`folding`) and cut nothing up by themselves, so they find the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, column, func, literal, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.sql.expression import cast
from sqlmodel import Session, col

from backend.kit.database import is_sqlite
from backend.library.models import SearchEntry

INDEX: Final = table("search_index", column("rowid"))
_VECTOR: Final = literal_column("search_entry.vector", TSVECTOR)


@dataclass(frozen=True)
class Phrase:
    """Words that stand side by side; `begun`: the last one may go on."""

    words: tuple[str, ...]
    begun: bool = False


def matched(phrases: Iterable[Phrase]) -> ColumnElement[bool]:
    """Return the condition on SQLite's index that all of `phrases` are there."""
    asked = " AND ".join(map(_quoted, phrases))
    return literal_column("search_index").op("MATCH", is_comparison=True)(literal(asked))


def vectored(phrases: Iterable[Phrase]) -> ColumnElement[bool]:
    """Return the condition on PostgreSQL's search entries that all of `phrases` are there."""
    phrases = list(phrases)
    lexemes = " & ".join(_lexemes(phrase) for phrase in phrases)
    asked = _VECTOR.bool_op("@@")(cast(literal(lexemes), TSQUERY))
    side_by_side = [_together(phrase) for phrase in phrases if len(phrase.words) > 1]
    return and_(asked, *side_by_side)


def has(session: Session, phrases: Iterable[Phrase], image_id: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Return the condition that the image of the column `image_id` has all of `phrases`; asked for one after another."""
    entry = select(col(SearchEntry.number)).where(col(SearchEntry.image_id) == image_id)
    entry = entry.correlate_except(SearchEntry)
    if is_sqlite(session):
        numbers = select(INDEX.c.rowid).where(matched(phrases)).correlate(None)
        return entry.where(col(SearchEntry.number).in_(numbers)).exists()
    return entry.where(vectored(phrases)).exists()


def _quoted(phrase: Phrase) -> str:
    # Words are letters and digits alone, so nothing in them needs to be escaped, here and below.
    return f'"{" ".join(phrase.words)}"{" *" if phrase.begun else ""}'


def _lexemes(phrase: Phrase) -> str:
    last = len(phrase.words) - 1
    marks = (":*" if phrase.begun and at == last else "" for at in range(last + 1))
    return " & ".join(f"'{word}'{mark}" for word, mark in zip(phrase.words, marks, strict=True))


def _together(phrase: Phrase) -> ColumnElement[bool]:
    line = f" {' '.join(phrase.words)}{'' if phrase.begun else ' '}"
    return func.strpos(col(SearchEntry.words), line) > 0

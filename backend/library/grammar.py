"""Reads what people type into the search. Every text can be read; knows no table and asks nobody.

    red "striped dress" -blue model:atelier-mini tag:"spring 26" after:2026-11 is:starred

Terms stand apart by blanks. A value with blanks is quoted, and a minus before a term turns it around. A term that
says nothing useful keeps a `problem`, a sentence with a good value, and then narrows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from math import gcd
from typing import Final

from backend.images.schemas import Status
from backend.library.dates import is_moment
from backend.library.folding import words_of

MOST_TERMS: Final = 32
LARGEST_SEED: Final = 2**63 - 1


class Kind(StrEnum):
    """What a term asks for."""

    WORD = "word"
    PHRASE = "phrase"
    MODEL = "model"
    LORA = "lora"
    BY = "by"
    GALLERY = "gallery"
    TAG = "tag"
    STATUS = "status"
    SEED = "seed"
    RATIO = "ratio"
    BEFORE = "before"
    AFTER = "after"
    IS = "is"
    STACK = "stack"
    LIKE = "like"
    TEMPLATE = "template"


class Is(StrEnum):
    """What can be asked with `is:`."""

    STARRED = "starred"
    HELD = "held"
    TRASHED = "trashed"
    DUPLICATE = "duplicate"
    MINE = "mine"


class Shape(StrEnum):
    """Names of kinds of ratios."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"
    SQUARE = "square"


FILTERS: Final = {kind.value: kind for kind in Kind if kind not in (Kind.WORD, Kind.PHRASE)}

# A quote closes at the next one or at the end; a minus and a name may stand before it.
_TERM: Final = re.compile(r'-?(?:[A-Za-z]+:)?"[^"]*(?:"|$)|\S+')
_NAMED: Final = re.compile(r"([A-Za-z]+):(.*)", re.DOTALL)
_ID: Final = re.compile(r"[0-9a-z]{1,64}")
_RATIO: Final = re.compile(r"([0-9]{1,4})[:x/]([0-9]{1,4})")


@dataclass(frozen=True)
class Term:
    """One term: as it was written, what it asks for, and what is wrong with it, if anything is."""

    text: str
    kind: Kind
    value: str
    negated: bool = False
    problem: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it narrows what is found."""
        return self.problem is None


def parse(query: str) -> list[Term]:
    """Return the terms of `query`, in their order. Never raises."""
    texts = _TERM.findall(query)
    terms = [_read(text) for text in texts[:MOST_TERMS]]
    too_many = f"A search has at most {MOST_TERMS} terms; leave some out."
    return terms + [Term(text, Kind.WORD, text, problem=too_many) for text in texts[MOST_TERMS:]]


def ratio_of(width: int, height: int) -> str:
    """Return a ratio in its lowest terms: 3:2."""
    common = gcd(width, height) or 1
    return f"{width // common}:{height // common}"


def sides_of(value: str) -> tuple[int, int]:
    """Return the two numbers of a ratio that `parse` found good."""
    wide, high = value.split(":")
    return int(wide), int(high)


def quoted(value: str) -> str:
    """Return `value` as it is written after a name."""
    plain = value.replace('"', " ").strip()
    return f'"{plain}"' if re.search(r"\s", plain) or not plain else plain


def _read(text: str) -> Term:
    negated = text.startswith("-") and len(text) > 1
    body = text[1:] if negated else text
    if body.startswith('"'):
        return _words(text, Kind.PHRASE, body.strip('"'), negated)
    if named := _NAMED.fullmatch(body):
        name, value = named[1].lower(), _unquoted(named[2])
        if kind := FILTERS.get(name):
            return _filter(text, kind, value, negated)
        if close := get_close_matches(name, FILTERS, 1, 0.75):
            problem = f"There is no {name}: here; write {close[0]}:{quoted(value)}."
            return Term(text, FILTERS[close[0]], value, negated, problem)
    return _words(text, Kind.WORD, body, negated)


def _unquoted(value: str) -> str:
    inner = value.strip('"') if value.startswith('"') else value
    return " ".join(inner.split())


def _words(text: str, kind: Kind, value: str, negated: bool) -> Term:
    problem = None if words_of(value) else "There is no letter or digit in it; write a word."
    return Term(text, kind, value, negated, problem)


def _filter(text: str, kind: Kind, value: str, negated: bool) -> Term:
    good = _GOOD[kind]
    if not value:
        return Term(text, kind, value, negated, f"Say what after {kind}:, as in {kind}:{good}.")
    known = _READ[kind](value)
    if known is None:
        return Term(text, kind, value, negated, _explained(kind, value))
    return Term(text, kind, known, negated)


def _one_of(words: type[StrEnum], value: str) -> str | None:
    return value.lower() if value.lower() in list(words) else None


def _ratio(value: str) -> str | None:
    found = _RATIO.fullmatch(value)
    if found is None or not int(found[1]) or not int(found[2]):
        return None
    return ratio_of(int(found[1]), int(found[2]))


def _seed(value: str) -> str | None:
    number = int(value) if re.fullmatch("[0-9]{1,19}", value) else -1
    return str(number) if 0 <= number <= LARGEST_SEED else None


def _day(value: str) -> str | None:
    return value.lower() if is_moment(value.lower()) else None


def _id(value: str) -> str | None:
    return value.lower() if _ID.fullmatch(value.lower()) else None


def _name(value: str) -> str | None:
    return value if words_of(value) else None


def _status(value: str) -> str | None:
    return _one_of(Status, re.sub(r"[\s-]", "_", value))


def _explained(kind: Kind, value: str) -> str:
    match kind:
        case Kind.STATUS:
            return f"There is no such status; write {kind}:{_nearest(value, Status)}."
        case Kind.IS:
            return f"That cannot be asked; write {kind}:{_nearest(value, Is)}."
        case _:
            return f"{kind}: does not take that; write {kind}:{_GOOD[kind]}."


def _nearest(value: str, words: type[StrEnum]) -> str:
    known = [str(word) for word in words]
    return (get_close_matches(value.lower(), known, 1, 0.0) or known)[0]


# How the value of each kind is read: as it is compared, or None if it cannot be.
_READ: Final[dict[Kind, Callable[[str], str | None]]] = {
    Kind.MODEL: _name,
    Kind.LORA: lambda value: value.lower() if words_of(value) else None,
    Kind.BY: _name,
    Kind.GALLERY: _name,
    Kind.TAG: _name,
    Kind.STATUS: _status,
    Kind.SEED: _seed,
    Kind.RATIO: lambda value: _one_of(Shape, value) or _ratio(value),
    Kind.BEFORE: _day,
    Kind.AFTER: _day,
    Kind.IS: lambda value: _one_of(Is, value),
    Kind.STACK: _id,
    Kind.LIKE: _id,
    Kind.TEMPLATE: _name,
}
_GOOD: Final = {
    Kind.MODEL: "atelier-mini",
    Kind.LORA: "linen",
    Kind.BY: "me",
    Kind.GALLERY: '"Spring 26"',
    Kind.TAG: "linen",
    Kind.STATUS: "approved",
    Kind.SEED: "1234",
    Kind.RATIO: "3:2",
    Kind.BEFORE: "2026-11-22",
    Kind.AFTER: "7d",
    Kind.IS: "starred",
    Kind.STACK: "01m7xxtq72y599hfwczfvzjz52",
    Kind.LIKE: "01m7xxtq72y599hfwczfvzjz52",
    Kind.TEMPLATE: "linen",
}

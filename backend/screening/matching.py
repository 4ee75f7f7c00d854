"""Finds the terms of a policy in a text: whole words and phrases, also in disguise. Pure; compiled once a policy.

A term is some words; `porn*` is every word that begins so. Letters may be repeated more often than in the term, never
less often: “boobs” is met by “boooobs”, and not by “bobs”.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from backend.screening.folding import Folded, folded
from backend.screening.words import (
    Word,
    joined,
    merged,
    pieces,
    spelled_out,
    touching,
    words_of,
)

_TWICE: Final = re.compile(r"(.)\1+")
_LETTERS: Final = re.compile(r"[^\W_]+\*?")
_READ_STRICTLY: Final = 4
"""Terms with fewer letters are met as they stand, not in pieces nor with repeated letters."""
_CLEARLY: Final = 3
"""How often a letter of so short a term is repeated, at least, to be met."""
_LONGEST: Final = 60
_HEAD: Final = 2


class Hit(NamedTuple):
    """A term that was met, by the number it was compiled with, and where in the text as it was written."""

    number: int
    start: int
    end: int


class _Term(NamedTuple):
    words: tuple[str, ...]
    number: int


class Matcher:
    """Terms, each with the number of what it belongs to, ready to be looked for."""

    def __init__(self, terms: Sequence[tuple[str, int]]) -> None:
        self._whole: dict[str, list[_Term]] = defaultdict(list)
        self._first: dict[str, list[_Term]] = defaultdict(list)
        self._begins: dict[str, list[_Term]] = defaultdict(list)
        self._starred: dict[str, list[int]] = defaultdict(list)
        for term, number in terms:
            words = tuple(_LETTERS.findall(folded(term).text + ("*" if term.endswith("*") else "")))
            self._add(tuple(word.rstrip("*") for word in words), number, begins=term.endswith("*"))

    def find(self, text: str) -> list[Hit]:
        """Return every term that is met in `text`, each place once."""
        plain = folded(text)
        words = words_of(plain)
        found: set[Hit] = set()
        for number, start, end in self._all(plain, text, words):
            found.add(Hit(number, *plain.span(start, end)))
        return sorted(found, key=lambda hit: (hit.start, -hit.end, hit.number))

    def _add(self, words: tuple[str, ...], number: int, *, begins: bool) -> None:
        whole = "".join(words)
        if not whole:
            return
        if begins and len(words) == 1:
            self._begins[whole[:_HEAD]].append(_Term(words, number))
        forms = [words, (*words[:-1], words[-1] + "s")] if _takes_s(whole) else [words]
        for form in forms:
            self._whole[_once("".join(form))].append(_Term(("".join(form),), number))
            if len(form) > 1:
                self._first[_once(form[0])].append(_Term(form, number))
        if len(whole) >= _READ_STRICTLY:
            for place in range(1, len(whole) - 1):
                self._starred[f"{whole[:place]}*{whole[place + 1 :]}"].append(number)

    def _all(
        self, text: Folded, original: str, words: list[Word]
    ) -> Iterator[tuple[int, int, int]]:
        for word in words:
            yield from self._single(word)
        for word in merged(words):
            yield from self._single(word, least=_READ_STRICTLY)
        for word in pieces(text, original, words):
            yield from self._single(word)
        yield from self._phrases(words)
        for groups in (list(spelled_out(words)), list(touching(words))):
            if len(groups) < len(words):
                yield from self._phrases([joined(group) for group in groups])
        for group in spelled_out(words):
            yield from self._spelled(group)

    def _single(self, word: Word, *, least: int = 1) -> Iterator[tuple[int, int, int]]:
        for reading in word.readings[: 1 if word.numeric else None]:
            if len(reading) < least:
                continue
            for term in self._whole.get(_once(reading), ()):
                if _is(reading, term.words[0]):
                    yield term.number, word.start, word.end
            for term in self._begins.get(reading[:_HEAD], ()):
                if reading.startswith(term.words[0]):
                    yield term.number, word.start, word.end
            for number in self._starred.get(reading, ()) if "*" in reading else ():
                yield number, word.start, word.end

    def _phrases(self, words: Sequence[Word]) -> Iterator[tuple[int, int, int]]:
        for place, word in enumerate(words):
            for reading in word.readings:
                for term in self._first.get(_once(reading), ()):
                    following = words[place : place + len(term.words)]
                    if len(following) == len(term.words) and _says(following, term.words):
                        yield term.number, word.start, following[-1].end

    def _spelled(self, run: Sequence[Word]) -> Iterator[tuple[int, int, int]]:
        """Look for terms in a run of lone letters, from one of them to another."""
        if 1 < len(run) < _READ_STRICTLY:
            yield from self._single(joined(run))
        for first in range(len(run)):
            for last in range(first + 1, len(run)):
                if run[last].end - run[first].start > 4 * _LONGEST:
                    break
                word = joined(run[first : last + 1])
                if len(word.readings[0]) >= _READ_STRICTLY:
                    yield from self._single(word, least=_READ_STRICTLY)


def _says(words: Sequence[Word], term: Sequence[str]) -> bool:
    if any(word.stopped for word in words[1:]):
        return False
    return all(
        any(_is(reading, said) for reading in word.readings)
        for word, said in zip(words, term, strict=True)
    )


@lru_cache(maxsize=16_384)
def _once(word: str) -> str:
    return _TWICE.sub(r"\1", word)


def _takes_s(word: str) -> bool:
    return len(word) >= _READ_STRICTLY and word[-1].isalpha() and word[-1] != "s"


def _is(reading: str, word: str) -> bool:
    """Return whether a reading is that word, with some of its letters repeated."""
    if reading == word:
        return True
    if len(reading) <= len(word) or _once(reading) != _once(word):
        return False
    longer = 0 if len(word) >= _READ_STRICTLY else _CLEARLY
    pairs = [
        (len(list(read)), len(list(said)))
        for (_, read), (_, said) in zip(groupby(reading), groupby(word), strict=True)
    ]
    return all(read == said or read >= max(said, longer) for read, said in pairs)

"""From a text to its words, and to every other word that each of them may be meant as.

    p0rn, p*rn          one word, several readings: a digit or a sign inside a word stands for a letter
    PornStar, por(n)    pieces that touch, read alone and together
    p o r n, po rn      letters and pairs of letters with blanks between, read together

Knows no term: `matching` asks whether a reading is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

from backend.screening.folding import Folded
from backend.screening.lookalikes import LEET

_SIGNS: Final = re.escape("".join(sign for sign in LEET if not sign.isalnum()) + "*")
_WORD: Final = re.compile(rf"[{_SIGNS}]*[^\W_][^\W_{_SIGNS}]*(?:[{_SIGNS}]+[^\W_{_SIGNS}]*)*")
_PLAIN: Final = re.compile(r"[^\W_]+")
_COMMAS: Final = frozenset(",;|{}\n")
_STOPS: Final = _COMMAS | frozenset(".?:")
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_DISGUISED: Final = re.compile(rf"[\dñ{_SIGNS}]")
_DIGITS_AROUND: Final = "0123456789"
_MOST_READINGS: Final = 8
_SHORT: Final = 2
_ALONE: Final = frozenset("aeiouy")  # words of one letter, in English and Spanish
_LONGEST_RUN: Final = 80


@dataclass(frozen=True, slots=True)
class Word:
    """Some letters that touch. `start` and `end` are places in the folded text.

    `gap` is what stands before it: signs and blanks.
    """

    start: int
    end: int
    readings: tuple[str, ...]
    gap: str = " "

    @property
    def glued(self) -> bool:
        """Whether it touches the word before, but for signs."""
        return not any(sign.isspace() for sign in self.gap)

    @property
    def stopped(self) -> bool:
        """Whether it is no longer in one phrase with the word before."""
        return not _STOPS.isdisjoint(self.gap)

    @property
    def parted(self) -> bool:
        """Whether a comma or the like divides it from the word before."""
        return not _COMMAS.isdisjoint(self.gap)

    @property
    def short(self) -> bool:
        """Whether it is a letter or two: part of a word that is spelled out, perhaps."""
        return len(self.readings[0]) <= _SHORT

    @property
    def numeric(self) -> bool:
        """Whether it is a number, which is a word only among others: `57r1p 73453`."""
        return self.readings[0].isdigit()


def words_of(text: Folded) -> list[Word]:
    """Return the words of `text` in their order."""
    found: list[Word] = []
    last = 0
    for match in _WORD.finditer(text.text):
        start, end = match.span()
        between = text.text[last:start]
        possessive = match[0] == "s" and between in {"'", "’"}
        if not possessive:
            found.append(Word(start, end, _readings(match[0]), between))
        last = end
    return found


def merged(words: Sequence[Word]) -> Iterator[Word]:
    """Yield what words are read as when they are put together: pieces that touch, and a letter beside a word."""
    yield from _touching(words)
    yield from _lone_letters(words)


def pieces(text: Folded, original: str, words: Sequence[Word]) -> Iterator[Word]:
    """Yield the pieces of names such as `NudeStyle`."""
    for word in words:
        start, end = text.span(word.start, word.end)
        written = original[start:end]
        if written.islower() or len(written) != word.end - word.start:
            continue
        found = list(_CAMEL.finditer(written))
        for piece in found if len(found) > 1 else ():
            if piece.end() - piece.start() > _SHORT:
                yield Word(
                    word.start + piece.start(), word.start + piece.end(), (piece[0].lower(),)
                )


def joined(words: Sequence[Word]) -> Word:
    """Return the words as one."""
    letters = "".join(word.readings[0] for word in words)
    return Word(words[0].start, words[-1].end, _readings(letters), words[0].gap)


def touching(words: Sequence[Word], *, past_commas: bool = False) -> Iterator[list[Word]]:
    """Yield the words in groups of those that touch; a comma or the like divides them, unless `past_commas`."""
    group: list[Word] = []
    for word in words:
        if group and not (word.glued and (past_commas or not word.parted)):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def spelled_out(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words in groups: letters and pairs of letters that follow each other, and each other word alone."""
    group: list[Word] = []
    for word in words:
        if group and not (word.short and group[-1].short):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _touching(words: Sequence[Word]) -> Iterator[Word]:
    """Join what touches, with and without what commas divide."""
    for past_commas in (False, True):
        for group in touching(words, past_commas=past_commas):
            if 1 < len(group) <= _LONGEST_RUN:
                yield joined(group)


def _lone_letters(words: Sequence[Word]) -> Iterator[Word]:
    """Join a letter that is no word to what stands beside it: `por n`, `p orn`."""
    for first, second in pairwise(words):
        for one, other in ((first, second), (second, first)):
            letter = one.readings[0]
            if len(letter) == 1 and letter not in _ALONE and not (other.short or second.stopped):
                yield joined((first, second))


def _readings(word: str) -> tuple[str, ...]:
    """Return what `word` may be meant as, itself first; a number is a number."""
    if not _DISGUISED.search(word):
        return (word,)
    bare = _PLAIN.findall(word)
    plain = "".join(bare)
    found = [plain, plain.strip(_DIGITS_AROUND)]
    ways = [LEET.get(letter, letter) for letter in word]
    found += ["".join(one) for one, _ in zip(product(*ways), range(_MOST_READINGS), strict=False)]
    if len(bare) > 1 or not word[-1].isalnum():
        core = word.rstrip("".join(sign for sign in LEET if not sign.isalnum()) + "*")
        ways = [LEET.get(letter, letter) for letter in core]
        found += ["".join(one) for one, _ in zip(product(*ways), range(2), strict=False)]
    return tuple(dict.fromkeys(one for one in found if one))

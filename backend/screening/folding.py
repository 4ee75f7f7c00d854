"""Takes the disguise off a text, and remembers where each of its letters stood.

NFKC and casefolding, no combining marks, nothing that has no width, look-alikes as the Latin letters they look like. What
digits stand for is not decided here: a 4 is an a only inside some word, which `words` knows.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from backend.screening.lookalikes import LATIN

_DROPPED = frozenset({"Mn", "Me", "Cf", "Sk"})
_LETTERS = frozenset("ñÑ")  # letters of their own: without their mark, Spanish words are others


class Folded(NamedTuple):
    """A text without disguise; `places` has for each of its characters where it stood, None: where it stands now."""

    text: str
    places: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the folded text, which is not empty, stood in the text that somebody wrote."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def folded(text: str) -> Folded:
    """Return `text` without its disguise, in time proportional to its length."""
    if text.isascii():
        return Folded(text.lower())
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = _plain(character)
        letters.append(plain)
        places.extend([place] * len(plain))
    return Folded("".join(letters), tuple(places))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _LETTERS:
        return "ñ"
    if unicodedata.category(character) in _DROPPED:
        return ""
    apart = unicodedata.normalize("NFKD", character.translate(LATIN)).casefold()
    bare = "".join(one for one in apart if unicodedata.category(one) not in _DROPPED)
    return bare.translate(LATIN)

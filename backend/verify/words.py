"""The words of the page and of the answer, in English and Spanish; which of them a browser wants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "es")
_FOLDER: Final = Path(__file__).parent / "words"
_MOST_WISHES: Final = 20


class Words:
    """The sentences of one language by their names."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._sentences: dict[str, str] = json.loads(
            (_FOLDER / f"{language}.json").read_text("utf-8")
        )

    def __getitem__(self, name: str) -> str:
        return self._sentences[name]

    def __contains__(self, name: object) -> bool:
        return name in self._sentences

    def said(self, names: Iterable[str], *, signer: str | None) -> str:
        """Return these sentences, one behind the other, with the name of a signer where they speak of one."""
        told = (self._sentences[name] for name in names)
        return " ".join(filter(None, told)).format(signer=signer or self["nobody"])


@cache
def words_in(language: str) -> Words:
    """Return the words of a language of ours."""
    return Words(language)


def language_for(accept: str, asked: str = "") -> str:
    """Return the language that was `asked` for by name, else the one that a browser's Accept-Language likes best."""
    if asked in LANGUAGES:
        return asked
    wishes = [_wish(part) for part in accept.split(",")[:_MOST_WISHES]]
    liked = sorted(wishes, key=lambda wish: -wish[1])
    return next((name for name, weight in liked if name in LANGUAGES and weight > 0), LANGUAGES[0])


def _wish(part: str) -> tuple[str, float]:
    """Read `es-MX;q=0.8` as ("es", 0.8)."""
    name, _, weight = part.partition(";")
    try:
        liked = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        liked = 0.0
    return name.strip().lower().partition("-")[0], liked

"""Makes of any text the words that are compared: without case, without accents, without anything between them.

Done here and not by a database, so that SQLite and PostgreSQL answer a question alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST_WORD: Final = 64
TEMPLATE: Final = "‹"  # no letter, so that no word that is looked for has it
# Written without blanks between words: each character counts as a word, and a few of them as a phrase.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


def fold(text: str) -> str:
    """Return `text` without case and accents: "Café" and "CAFE" are the same."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()


def words_of(text: str) -> list[str]:
    """Return the words of `text`, folded, in their order; what is longer than a word can be is cut."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def template_words_of(text: str) -> list[str]:
    """Return the words of a template, marked: they are found apart from the words that were drawn."""
    return [f"{TEMPLATE}{word}" for word in words_of(text)]


def line_of(texts: Iterable[str], templates: Iterable[str] = ()) -> str:
    """Return the words of some texts, and of templates, as one line with a blank before and after each.

    Two texts stay apart by a mark that is no word, so that no phrase reaches from one into the other.
    """
    lines = [*map(words_of, texts), *map(template_words_of, templates)]
    return " " + "".join(f"{' '.join(words)} ¶ " for words in lines if words)

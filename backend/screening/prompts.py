"""What a prompt has in it for whoever reads it as words: no weights, and every way that a wildcard may go.

`(nu)(de:1.2)`, `nu{de|ll}` and `<lora:NudeStyle:0.8>` are read as they would be drawn. Which of very many ways an image
took is not found out here: every image is screened once more with the words that were drawn for it.
"""

from __future__ import annotations

import re
from itertools import chain, islice, product
from typing import Final, NamedTuple

from inference.protocol import outcomes_of
from inference.protocol.wildcards import Choice, Words, read_template

MOST_WAYS: Final = 32
_WEIGHT: Final = re.compile(r":\s*[+-]?[\d.]+\s*(?=[)\]>])|<lora:|\bBREAK\b|\\(?=[()\[\]{}|\\])")


def as_it_stands(prompt: str) -> str:
    """Return `prompt` without weights and marks, each letter in its place."""
    return _WEIGHT.sub(_instead, prompt)


class Ways(NamedTuple):
    """Texts that may be drawn; whether they are all that may be."""

    texts: list[str]
    are_all: bool


def ways(prompt: str) -> Ways | None:
    """Return what may be drawn from a prompt with wildcards, `MOST_WAYS` at most; None where nothing is open."""
    template = read_template(prompt) if "{" in prompt else None
    if template is None or not template.is_open:
        return None
    texts = _each(template.words)
    return Ways(texts, outcomes_of(template).ways <= len(texts))


def _instead(found: re.Match[str]) -> str:
    if found[0] == "BREAK":
        return "," * len(found[0])
    return (" " if found[0].startswith("<") else ")") * len(found[0])


def _each(words: Words) -> list[str]:
    """Return different texts: first with every option once, then others."""
    options = [_options(word) if isinstance(word, Choice) else [word] for word in words]
    turns = range(max(map(len, options), default=0))
    once = ("".join(some[turn % len(some)] for some in options) for turn in turns)
    others = ("".join(some) for some in islice(product(*options), MOST_WAYS))
    return list(dict.fromkeys(chain(once, others)))[:MOST_WAYS]


def _options(choice: Choice) -> list[str]:
    texts = [text for option in choice.possible for text in _each(option.words) or [""]]
    if choice.most > 1:
        texts.append(choice.joiner.join(texts[: choice.most]))
        texts.append(choice.joiner.join(reversed(texts[: choice.most])))
    return texts[:MOST_WAYS] or [""]

"""What can come of a prompt with wildcards: how many ways there are, the longest, and why one is refused.

Nothing is enumerated: what is asked of a whole is put together from its parts, in time proportional to its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import factorial
from typing import Final, NamedTuple

from inference.protocol.checks import MAX_PROMPT_CHARACTERS
from inference.protocol.prompts import PromptNote
from inference.protocol.resolving import assembled
from inference.protocol.wildcards import (
    MAX_DEPTH,
    MOST_AT_ONCE,
    Choice,
    Template,
    Words,
    read_template,
)

MAX_WAYS: Final = 2**32  # as many as there are seeds: a way beyond them could never be drawn
_BEYOND: Final = MAX_WAYS + 1

Measure = Callable[[str], int]


class Outcomes(NamedTuple):
    """What can come of a template. `ways` counts no further than one more than are allowed."""

    ways: int
    longest: str
    may_be_empty: bool


class Refusal(NamedTuple):
    """Why a prompt cannot be drawn: the note about it, what is allowed, and a sentence that goes on from “it”."""

    note: PromptNote
    limit: str
    message: str


def outcomes_of(template: Template, measure: Measure = len) -> Outcomes:
    """Return what can come of `template`; the longest one by what `measure` says of its parts."""
    longest = _longest(template.words, measure)
    return Outcomes(
        ways=_ways(template.words),
        longest=longest.strip() if template.is_open else longest,
        may_be_empty=_may_be_empty(template.words),
    )


def refusals_of(prompt: str, *, may_be_empty: bool = False) -> Iterator[Refusal]:
    """Yield why `prompt` cannot be drawn. Only wildcards are looked at; there is nothing to say without them."""
    template = read_template(prompt)
    if PromptNote.TOO_DEEP in template.notes:
        yield Refusal(
            PromptNote.TOO_DEEP,
            f"braces at most {MAX_DEPTH} deep",
            f"has braces within one another more than {MAX_DEPTH} deep; write some of them side by side",
        )
    if not template.is_open:
        return
    ways, longest, empty = outcomes_of(template)
    if ways > MAX_WAYS:
        yield Refusal(
            PromptNote.TOO_MANY_WAYS,
            f"at most {MAX_WAYS} outcomes",
            f"can come out in more than {MAX_WAYS} ways, one for each seed; leave some options out",
        )
    if len(longest) > MAX_PROMPT_CHARACTERS:
        yield Refusal(
            PromptNote.OUTCOME_TOO_LONG,
            f"at most {MAX_PROMPT_CHARACTERS} characters in every outcome",
            f"can come out with {len(longest)} characters; at most {MAX_PROMPT_CHARACTERS} are drawn, "
            "so shorten its longest options",
        )
    if empty and not may_be_empty:
        yield Refusal(
            PromptNote.OUTCOME_EMPTY,
            "a word in every outcome",
            "can come out empty; write a word outside the braces",
        )


def _ways(words: Words) -> int:
    ways = 1
    for one in words:
        if isinstance(one, Choice):
            ways = min(ways * _ways_of(one), _BEYOND)
    return ways


def _ways_of(choice: Choice) -> int:
    """Return in how many ways options can follow one another: for k of them k! times the sum of products of k."""
    if choice.most >= MOST_AT_ONCE:
        return _BEYOND
    products = [1] + [0] * choice.most
    for option in choice.possible:
        ways = _ways(option.words)
        for taken in range(choice.most, 0, -1):
            products[taken] = min(products[taken] + ways * products[taken - 1], _BEYOND)
    counts = range(choice.least, choice.most + 1)
    return min(sum(factorial(count) * products[count] for count in counts), _BEYOND)


def _longest(words: Words, measure: Measure) -> str:
    pieces = (
        (_longest_of(one, measure), True) if isinstance(one, Choice) else (one, False)
        for one in words
    )
    return assembled(pieces)


def _longest_of(choice: Choice, measure: Measure) -> str:
    texts = [_longest(option.words, measure) for option in choice.possible]
    return choice.joiner.join(sorted(texts, key=measure, reverse=True)[: choice.most])


def _may_be_empty(words: Words) -> bool:
    return all(_chosen_empty(one) if isinstance(one, Choice) else not one.strip() for one in words)


def _chosen_empty(choice: Choice) -> bool:
    if choice.least == 0:
        return True
    empty = sum(_may_be_empty(option.words) for option in choice.possible)
    return empty >= choice.least and (choice.least == 1 or not choice.joiner.strip())

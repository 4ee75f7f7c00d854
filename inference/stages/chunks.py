"""Prompts → chunks of weighted tokens: a text encoder reads 75 at a time, between a start and an end.

A prompt of more goes on in the next chunk and loses nothing. As in Stable Diffusion web UI (AUTOMATIC1111,
`sd_hijack_clip.py`, `tokenize_line`) a chunk ends after its last comma where that is among its last 20
tokens, so that a phrase is not torn apart. The word of a textual inversion takes as many tokens as it has
vectors, by numbers of their own beyond any vocabulary, and always in one chunk. What a network makes of the
chunks is `encode`'s.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Final

from inference.protocol import (
    MAX_CHUNKS,
    InvalidParameters,
    PromptLength,
    PromptPart,
    outcomes_of,
    read_prompt,
    read_template,
)

COMMA_REACH: Final = 20
_COMMA: Final = ",</w>"
LEARNED: Final = 1 << 24  # tokens from here on are vectors of learned words, one after the other


@dataclass
class Chunk:
    """At most so many tokens as a text encoder reads at once, and how much each of them counts."""

    ids: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    @property
    def weighted(self) -> bool:
        """Whether any of them counts more or less than usual."""
        return any(weight != 1 for weight in self.weights)

    def cut(self, place: int) -> Chunk:
        """Give up what comes from `place` on, and return it."""
        rest = Chunk(self.ids[place:], self.weights[place:])
        del self.ids[place:], self.weights[place:]
        return rest


class Chunker:
    """A tokenizer and the room there is for its tokens. Safe between threads, which tokenizers are not."""

    def __init__(self, tokenizer: Any, words: Mapping[str, int] | None = None) -> None:  # noqa: ANN401
        """Count with `tokenizer`; `words` that were learned take so many tokens each."""
        self._tokenizer = tokenizer
        self._learned = _numbered(words or {})
        self._finding = _finding(self._learned)
        self._lock = threading.Lock()
        self.limit = int(tokenizer.model_max_length) - 2  # a start and an end
        self._comma = tokenizer.get_vocab().get(_COMMA)

    def chunks(self, prompt: str) -> list[Chunk]:
        """Return the chunks of `prompt`, at least one.

        Raises:
            InvalidParameters: They are more than can be drawn.
        """
        chunks = self._chunks(prompt)
        if len(chunks) > MAX_CHUNKS:
            raise InvalidParameters(
                f"the prompt has {len(chunks)} parts of up to {self.limit} tokens; "
                f"at most {MAX_CHUNKS} can be drawn, so shorten it"
            )
        return chunks

    def length(self, prompt: str) -> PromptLength:
        """Return how long `prompt` is, be it too long or not; of what can come of wildcards the longest."""
        chunks = self._chunks(outcomes_of(read_template(prompt), self._tokens_in).longest)
        tokens = sum(len(chunk.ids) for chunk in chunks)
        return PromptLength(tokens=tokens, limit=self.limit, chunks=len(chunks))

    def _chunks(self, prompt: str) -> list[Chunk]:
        lengths = {ids[0]: len(ids) for ids in self._learned.values()}
        return chunked(read_prompt(prompt).parts, self._ids, self.limit, self._comma, lengths)

    def _tokens_in(self, text: str) -> int:
        return sum(map(len, self._ids([part.text for part in read_prompt(text).parts])))

    def _ids(self, texts: list[str]) -> list[list[int]]:
        """Return the tokens of each text; between learned words it is read as if it stood alone."""
        pieces = [self._finding.split(text) if self._finding else [text] for text in texts]
        usual = iter(self._usual_ids([piece for of_one in pieces for piece in of_one[::2]]))
        return [
            [
                token
                for place, piece in enumerate(of_one)
                for token in (self._learned[piece] if place % 2 else next(usual))
            ]
            for of_one in pieces
        ]

    def _usual_ids(self, texts: list[str]) -> list[list[int]]:
        if not texts:
            return []
        with self._lock:
            told = self._tokenizer(texts, add_special_tokens=False, verbose=False)
        ids: list[list[int]] = told["input_ids"]
        return ids


def _numbered(words: Mapping[str, int]) -> dict[str, list[int]]:
    """Return the ids of each learned word."""
    places = accumulate(words.values(), initial=LEARNED)
    spans = pairwise(places)
    return {word: list(range(*span)) for word, span in zip(words, spans, strict=True)}


def _finding(words: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds `words` outside of other words; of two that begin alike the longer one."""
    longest = sorted(words, key=len, reverse=True)
    if not longest:
        return None
    every = "|".join(
        ("(?<![\\w-])" if word[0].isalnum() else "")
        + re.escape(word)
        + ("(?![\\w-])" if word[-1].isalnum() else "")
        for word in longest
    )
    return re.compile(f"({every})")


def chunked(
    parts: Sequence[PromptPart],
    ids_of: Callable[[list[str]], Iterable[list[int]]],
    limit: int,
    comma: int | None,
    lengths: Mapping[int, int] | None = None,
) -> list[Chunk]:
    """Return the tokens of `parts` in chunks of at most `limit`; without any, one empty chunk.

    Where `lengths` says so of a token, it and those after it, so many, are kept in one chunk.
    """
    chunks = [Chunk()]
    for part, ids in zip(parts, ids_of([part.text for part in parts]), strict=True):
        if part.starts_chunk and chunks[-1].ids:
            chunks.append(Chunk())
        for token in ids:
            needed = (lengths or {}).get(token, 1)
            while chunks[-1].ids and len(chunks[-1].ids) + needed > limit:
                chunks.append(_carried_over(chunks[-1], token, comma))
            chunks[-1].ids.append(token)
            chunks[-1].weights.append(part.weight)
    return chunks


def _carried_over(full: Chunk, coming: int, comma: int | None) -> Chunk:
    """Return the chunk after `full`, beginning with what follows a comma near its end."""
    reach = min(COMMA_REACH, len(full.ids) - 1)
    if coming != comma:
        for back in range(1, reach + 1):
            if full.ids[-back] == comma:
                return full.cut(len(full.ids) - back + 1)
    return Chunk()

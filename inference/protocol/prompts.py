r"""The prompt language: what somebody typed, read once into parts with weights.

    (word)        counts 1.1 times as much, ((word)) 1.21 times
    [word]        counts 1.1 times less
    (word:1.3)    counts 1.3 times as much
    \( \) \[ \]   the character itself, and \\ a backslash; so are \{ \} \|, which mean something to `wildcards`
    BREAK         what follows starts a new chunk of the model's tokens
    <lora:a:0.8>  draws with the LoRA `a`, this much of it; no word of the prompt

Brackets and weights are those of Stable Diffusion web UI (AUTOMATIC1111, `prompt_parser.py`), so that
prompts can be carried over. What that program reads and this studio does not is left as it stands, and
a note says so. Every text can be read. Knows no tokens: those are the model's (`stages.chunks`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from inference.protocol.loras import MAX_NAME, MAX_SCALE, MIN_SCALE, LoraUse

EMPHASIS: Final = 1.1
MIN_WEIGHT: Final = 0.1
MAX_WEIGHT: Final = 2.0
MAX_CHUNKS: Final = 32  # what 2000 characters come to if each is a token of its own, and some more
_DIGITS: Final = 4  # of a weight: ([word]) is exactly 1
_LONGEST_NUMBER: Final = 24

_LEAST, _MOST = 0.01, 100.0  # of one pair of brackets
_BLANK: Final = " \t\r\n"
_NUMBER: Final = r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*"

_TOKEN: Final = re.compile(
    rf"""
      \\(?P<escaped>[()\[\]{{}}|\\])
    | (?P<tag><[a-z]+:[^<>\n]*>)
    | (?P<opening>[(\[])
    | :(?P<weight>{_NUMBER})\)
    | (?P<round>\))
    | (?P<square>\])
    | (?P<break>\bBREAK\b)
    | (?P<text>[^\\<()\[\]:B]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LORA: Final = re.compile(rf"<lora:([^<>:\n\0\ud800-\udfff]{{1,{MAX_NAME}}})(?::({_NUMBER}))?>")
_PARTNER: Final = {"weight": "(", "round": "(", "square": "["}
_MOMENT: Final = re.compile(rf":{_NUMBER}\Z")
_JOINED: Final = re.compile(r"\bAND\b")


class PromptNote(StrEnum):
    """What somebody should know about how their prompt is read."""

    WEIGHT_BOUNDED = "weight_bounded"
    NO_PARTNER = "no_partner"
    NO_SCHEDULE = "no_schedule"
    NO_ALTERNATION = "no_alternation"
    NO_JOINING = "no_joining"
    UNKNOWN_TAG = "unknown_tag"
    LORA_BOUNDED = "lora_bounded"
    LORA_IN_NEGATIVE = "lora_in_negative"
    TOO_LONG = "too_long"
    NO_FILES = "no_files"
    NO_VARIABLES = "no_variables"
    TOO_DEEP = "too_deep"
    TOO_MANY_WAYS = "too_many_ways"
    OUTCOME_TOO_LONG = "outcome_too_long"
    OUTCOME_EMPTY = "outcome_empty"


class PromptPart(BaseModel):
    """Words that count alike. With `starts_chunk` a BREAK stood before them."""

    model_config = ConfigDict(frozen=True)

    text: str
    weight: float = Field(default=1.0, ge=MIN_WEIGHT, le=MAX_WEIGHT)
    starts_chunk: bool = False


class ReadPrompt(BaseModel):
    """A prompt as it is understood. Of a LoRA that is named twice, the last tag counts."""

    model_config = ConfigDict(frozen=True)

    parts: tuple[PromptPart, ...]
    notes: tuple[PromptNote, ...]
    loras: tuple[LoraUse, ...] = ()


class PromptLength(BaseModel):
    """How long a prompt is for one model, whose text encoder reads chunks of at most `limit` tokens."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    limit: int
    chunks: int


def read_prompt(text: str, *, negative: bool = False) -> ReadPrompt:
    """Return the parts of `text` and what to say about them, in time proportional to its length.

    A `negative` one draws with no LoRA; its tags are no words all the same.
    """
    source = _Source.of(text)
    if negative and source.loras:
        source.loras.clear()
        source.note(PromptNote.LORA_IN_NEGATIVE)
    if _JOINED.search(text):
        source.note(PromptNote.NO_JOINING)
    parts = tuple(_parts_of(_bounded(source)))
    loras = tuple(source.loras.values())
    return ReadPrompt(parts=parts, notes=tuple(source.notes), loras=loras)


def without_loras(text: str, names: Collection[str]) -> str:
    """Return `text` without the tags that name one of these LoRAs, otherwise as it was typed."""
    kept = (one for one in _Source.of(text).tokens if one.kind != "lora" or one.text not in names)
    return "".join(text[one.start : one.end] for one in kept).strip()


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Group(NamedTuple):
    """A pair of brackets: where it closes and what it multiplies by; `None` leaves it as it stands."""

    closing: int
    factor: float | None


class _Piece(NamedTuple):
    """Some text and its weight, or a BREAK when there is no text."""

    text: str | None
    weight: float


@dataclass(frozen=True)
class _Source:
    """A text, its tokens, and the pairs of brackets by the place of the token that opens them."""

    text: str
    tokens: list[_Token]
    groups: dict[int, _Group] = field(default_factory=dict)
    notes: dict[PromptNote, None] = field(default_factory=dict)
    loras: dict[str, LoraUse] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> _Source:
        """Read `text` as far as its brackets."""
        matches = ((match, match.lastgroup or "") for match in _TOKEN.finditer(text))
        tokens = [_Token(kind, match[kind], *match.span()) for match, kind in matches]
        source = cls(text, tokens)
        source._take_loras()
        source._pair()
        return source

    def note(self, note: PromptNote) -> None:
        """Have `note` said, once."""
        self.notes[note] = None

    def as_it_stands(self, first: int, last: int) -> str:
        """Return the text from one token to another, both with it, without what is no words."""
        told = self.tokens[first : last + 1]
        return "".join(self.text[one.start : one.end] for one in told if one.kind != "lora")

    def _take_loras(self) -> None:
        """Tell the tags that name a LoRA from those that are not known."""
        for place, token in enumerate(self.tokens):
            match = _LORA.fullmatch(token.text) if token.kind == "tag" else None
            name = match[1].strip() if match else ""
            if match is None or not name:
                continue
            self.tokens[place] = token._replace(kind="lora", text=name)
            scale = float(match[2] or 1)
            bounded = float(min(max(scale, MIN_SCALE), MAX_SCALE))
            if bounded != scale:
                self.note(PromptNote.LORA_BOUNDED)
            self.loras.pop(name, None)
            self.loras[name] = LoraUse(name=name, scale=bounded)

    def _pair(self) -> None:
        """Find the brackets that belong together; one without a partner is a character like others."""
        opened: list[int] = []
        waiting = {"(": 0, "[": 0}
        choices: set[int] = set()  # brackets with a bar right inside
        for place, token in enumerate(self.tokens):
            if token.kind == "opening":
                opened.append(place)
                waiting[token.text] += 1
            elif token.kind in _PARTNER and waiting[partner := _PARTNER[token.kind]]:
                while self.tokens[first := opened.pop()].text != partner:
                    waiting["[" if partner == "(" else "("] -= 1
                    self.note(PromptNote.NO_PARTNER)
                waiting[partner] -= 1
                self.groups[first] = self._group(first, place, has_bar=first in choices)
            elif token.kind in _PARTNER:
                self.note(PromptNote.NO_PARTNER)
            elif token.kind == "tag":
                self.note(PromptNote.UNKNOWN_TAG)
            elif token.kind == "text" and opened and "|" in token.text:
                choices.add(opened[-1])
        if opened:
            self.note(PromptNote.NO_PARTNER)

    def _group(self, first: int, last: int, *, has_bar: bool) -> _Group:
        token = self.tokens[last]
        if token.kind == "weight":
            return _Group(last, min(max(float(token.text), _LEAST), _MOST))
        if token.kind == "round":
            return _Group(last, EMPHASIS)
        opens = self.tokens[first].end
        if _MOMENT.search(self.text[max(opens, token.start - _LONGEST_NUMBER) : token.start]):
            self.note(PromptNote.NO_SCHEDULE)
            return _Group(last, None)
        if has_bar:
            self.note(PromptNote.NO_ALTERNATION)
            return _Group(last, None)
        return _Group(last, 1 / EMPHASIS)


def _weighed(source: _Source) -> Iterator[_Piece]:
    """Yield the pieces of a text with the product of the brackets around each."""
    weights, closings, place = [1.0], [-1], 0
    while place < len(source.tokens):
        token, group = source.tokens[place], source.groups.get(place)
        if group is not None and group.factor is not None:
            weights.append(weights[-1] * group.factor)
            closings.append(group.closing)
        elif group is not None:
            yield _Piece(source.as_it_stands(place, group.closing), weights[-1])
            place = group.closing
        elif place == closings[-1]:
            weights.pop()
            closings.pop()
        elif token.kind == "break":
            yield _Piece(None, weights[-1])
        elif token.kind == "escaped":
            yield _Piece(token.text, weights[-1])
        else:
            yield _Piece(source.as_it_stands(place, place), weights[-1])
        place += 1


def _bounded(source: _Source) -> Iterator[_Piece]:
    """Yield the pieces with weights that can be drawn, and note it where one was not."""
    for text, weight in _weighed(source):
        bounded = min(max(round(weight, _DIGITS), MIN_WEIGHT), MAX_WEIGHT)
        if text is not None and text.strip() and bounded != round(weight, _DIGITS):
            source.note(PromptNote.WEIGHT_BOUNDED)
        yield _Piece(text, bounded)


def _parts_of(pieces: Iterable[_Piece]) -> Iterator[PromptPart]:
    """Join neighbours that count alike. Blanks beside a BREAK and between parts say nothing."""
    said, weight, starts_chunk, begun = "", 1.0, False, False
    for piece in (*pieces, _Piece(None, 1.0)):
        ends = piece.text is None
        if said and (ends or (piece.weight != weight and not _blank(piece.text))):
            text = said.rstrip(_BLANK) if ends else said
            yield PromptPart(text=text, weight=weight, starts_chunk=starts_chunk)
            said, starts_chunk, begun = "", False, True
        if piece.text is None:
            starts_chunk = begun
        elif said:
            said += piece.text
        elif not _blank(piece.text):
            first = starts_chunk or not begun
            said, weight = piece.text.lstrip(_BLANK) if first else piece.text, piece.weight


def _blank(text: str | None) -> bool:
    return not (text or "").strip(_BLANK)

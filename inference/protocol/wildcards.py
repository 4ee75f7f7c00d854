r"""Wildcards: a prompt that leaves words open, for the seed of each image to choose.

    {red|blue|green}          one of them
    {2::red|1::blue}          red twice as often
    {2$$wool|silk|linen}      two of them in some order, with a comma between
    {1-2$$ and $$a|b|c}       one or two, with “ and ” between; 2- and -2 leave an end open
    {red|{navy|sky} blue}     nested
    \{ \} \|                  the character itself

The syntax of sd-dynamic-prompts, which InvokeAI reads as well, so that templates can be carried over. What
that program reads and this studio does not (`__file__`, `${variable}`, `%{wrap}`, `{@sampler}`) stays as it stands, and
a note says so. Blanks at the ends of an option say nothing. Every text can be read, in time proportional to
its length. What a seed chooses is `resolving`'s; how many outcomes there are, and which prompts are refused,
`outcomes`'; what the words mean, `prompts`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from inference.protocol.prompts import PromptNote

MAX_DEPTH: Final = 8
COMMA: Final = ", "
MOST_AT_ONCE: Final = (
    13  # in any order that is more outcomes than there are seeds, so more need not be told apart
)
_MILLIONTHS: Final = 6  # digits of a weight behind its point
BLANK: Final = " \t\r\n"

_TOKEN: Final = re.compile(
    r"\\[{}|\\]|(?P<open>\{)|(?P<close>\})|(?P<bar>\|)|[^\\{}|]+|.", re.DOTALL
)
_HEAD: Final = re.compile(
    r"\s{0,9}(?:(?P<least>\d{1,4})?(?P<to>-)(?P<most>\d{1,4})?|(?P<exact>\d{1,4}))\s{0,9}\$\$"
    r"(?:(?P<joiner>[^${}\\]{0,40})\$\$)?"
)
_WEIGHT: Final = re.compile(r"\s*(?P<whole>\d{0,6})(?:\.(?P<part>\d{0,6}))?\s*::")
_FILE: Final = re.compile(r"__[A-Za-z0-9*][\w/*-]{0,60}?__")
_ELSEWHERE: Final = re.compile(
    r"(?<!\$)\$\Z|%\Z"
)  # what other programs give another meaning to a brace
_SAMPLERS: Final = ("~", "@", "!")


class Option(NamedTuple):
    """One way to go on, and how often it is chosen beside the others."""

    words: Words
    weight: int


@dataclass(frozen=True)
class Choice:
    """A pair of braces: from `least` to `most` of its options, each once. `place` tells it from the others."""

    place: int
    options: tuple[Option, ...]
    least: int
    most: int
    joiner: str

    @property
    def possible(self) -> list[Option]:
        """The options that can be chosen; where every weight is 0, all count alike."""
        some = [option for option in self.options if option.weight]
        return some or [Option(option.words, 1) for option in self.options]


Words = tuple[str | Choice, ...]


@dataclass(frozen=True)
class Template:
    """A text as it is understood: what stands fast, what is open, and what to say about it."""

    words: Words
    notes: tuple[PromptNote, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether anything of it is to be chosen."""
        return any(isinstance(piece, Choice) for piece in self.words)


def read_template(text: str) -> Template:
    """Return how `text` is understood. Never raises."""
    notes: dict[PromptNote, None] = {}
    if _FILE.search(text):
        notes[PromptNote.NO_FILES] = None
    if "{" not in text and "}" not in text:
        return Template((text,), tuple(notes))
    words = _Reader(list(_tokens(text)), notes).words()
    return Template(words, tuple(notes))


def as_characters(text: str) -> str:
    r"""Return `text` with a backslash before what would be read as open: `{a|b}` is `\{a\|b\}`."""
    tokens = list(_tokens(text))
    reader = _Reader(tokens, {})
    reader.words()
    return "".join(
        ("\\" if place in reader.read else "") + token.text + token.head
        for place, token in enumerate(tokens)
    )


class _Token(NamedTuple):
    kind: str
    text: str
    head: str = ""  # of a brace that opens: how many, and what stands between


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        head = _HEAD.match(text, at) if found.lastgroup == "open" else None
        if head and (head["exact"] or head["least"] or head["most"]):
            at = head.end()
            yield _Token("open", found[0], head[0])
        else:
            yield _Token(found.lastgroup or "text", found[0])


@dataclass
class _Frame:
    """A pair of braces that is being read, or with no head and no bars the text around all of them."""

    place: int = 0
    head: str = ""
    closing: int = -1
    options: list[list[str | Choice]] = field(default_factory=lambda: [[]])

    def add(self, piece: str | Choice) -> None:
        self.options[-1].append(piece)


class _Reader:
    """Tokens → words. Keeps in `read` which tokens were more than characters."""

    def __init__(self, tokens: Sequence[_Token], notes: dict[PromptNote, None]) -> None:
        self._tokens, self._notes = tokens, notes
        self._closings = self._paired()
        self.read: set[int] = set()

    def words(self) -> Words:
        frames, at, choices = [_Frame()], 0, 0
        while at < len(self._tokens):
            token, closing = self._tokens[at], self._closings.get(at)
            if closing is not None and (closing < 0 or self._stays(at, len(frames))):
                end = max(at, closing)
                frames[-1].add("".join(one.text + one.head for one in self._tokens[at : end + 1]))
                at = end
            elif closing is not None:
                frames.append(_Frame(choices, token.head, closing))
                choices += 1
                self.read.add(at)
            elif at == frames[-1].closing:
                self.read.add(at)
                choice = self._choice(frames.pop())
                frames[-1].add(choice)
            elif token.kind == "bar" and len(frames) > 1:
                self.read.add(at)
                frames[-1].options.append([])
            else:
                frames[-1].add(token.text)
            at += 1
        return _merged(frames[0].options[0])

    def _paired(self) -> dict[int, int]:
        """Return where each brace that opens is closed; -1 where it is not."""
        closings: dict[int, int] = {}
        waiting: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.kind == "open":
                waiting.append(at)
            elif token.kind == "close" and waiting:
                closings[waiting.pop()] = at
            elif token.kind == "close":
                self._notes[PromptNote.NO_PARTNER] = None
        if waiting:
            self._notes[PromptNote.NO_PARTNER] = None
        return closings | dict.fromkeys(waiting, -1)

    def _stays(self, at: int, depth: int) -> bool:
        """Return whether a pair of braces stays as it stands, with all that is in it."""
        if at and _ELSEWHERE.search(self._tokens[at - 1].text[-2:]):
            self._notes[PromptNote.NO_VARIABLES] = None
            return True
        if depth > MAX_DEPTH:
            self._notes[PromptNote.TOO_DEEP] = None
            return True
        return False

    def _choice(self, frame: _Frame) -> Choice:
        options = tuple(_option(pieces) for pieces in frame.options)
        first = options[0].words[0] if options[0].words else ""
        if isinstance(first, str) and first.startswith(_SAMPLERS):
            self._notes[PromptNote.NO_VARIABLES] = None
        possible = min(sum(option.weight > 0 for option in options) or len(options), MOST_AT_ONCE)
        head = _HEAD.match(frame.head)
        if head is None:
            return Choice(frame.place, options, 1, 1, "")
        least = int(head["exact"] or head["least"] or (0 if head["most"] == "0" else 1))
        most = int(head["exact"] or head["most"] or possible)
        least, most = min(least, most, possible), min(max(least, most), possible)
        joiner = COMMA if head["joiner"] is None else head["joiner"]
        return Choice(frame.place, options, least, most, joiner)


def _option(pieces: list[str | Choice]) -> Option:
    words, weight = list(_merged(pieces)), 10**_MILLIONTHS
    if words and isinstance(words[0], str) and (found := _WEIGHT.match(words[0])):
        whole, part = found["whole"] or "", found["part"] or ""
        if whole or part:
            weight = int((whole or "0") + part.ljust(_MILLIONTHS, "0"))
            words[0] = words[0][found.end() :]
    if words and isinstance(words[0], str):
        words[0] = words[0].lstrip(BLANK)
    if words and isinstance(words[-1], str):
        words[-1] = _stripped(words[-1])
    return Option(tuple(word for word in words if word), weight)


def _stripped(text: str) -> str:
    """Return `text` without blanks at its end, but for one after a backslash, which would escape what follows."""
    said = text.rstrip(BLANK)
    return text[: len(said) + 1] if said.endswith("\\") else said


def _merged(pieces: Iterable[str | Choice]) -> Words:
    """Join texts that stand beside one another."""
    words: list[str | Choice] = []
    texts: list[str] = []
    for piece in (*pieces, None):
        if isinstance(piece, str):
            texts.append(piece)
            continue
        if texts:
            words.append("".join(texts))
            texts = []
        if piece is not None:
            words.append(piece)
    return tuple(words)

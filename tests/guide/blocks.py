"""Command blocks of docs/guide, as they stand in the pages: what is to be typed, of which kind, and what it is said to print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "docs/guide"
KINDS: Final = ("run", "host", "cluster", "cloud")
"""`run` is run by the tests; the others need a machine, a cluster or a cloud of one's own, and are read closely."""

_FENCE: Final = re.compile(r"^( *)(`{3,})([^\n`]*)\n(.*?)^\1\2`*[ ]*$", re.MULTILINE | re.DOTALL)
_TYPED: Final = ("sh", "console", "bash", "shell")


class BadBlock(Exception):
    """A fence that nobody can tell what to do with; the message says where and what would be good."""


@dataclass(frozen=True)
class Block:
    """Commands of one fence: `line` is the fence's in `page`, `printed` the text block right behind it, if there is one."""

    page: str
    line: int
    kind: str
    text: str
    printed: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class _Fence:
    line: int
    words: tuple[str, ...]
    text: str
    before: str


def chapters() -> list[Path]:
    """Return every page of the guide, in the order in which they are read."""
    return sorted(GUIDE.glob("*.md"), key=lambda page: (page.stem != "README", page.stem))


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the command blocks of one page.

    Raises:
        BadBlock: A command block has no kind, or one that does not exist.
    """
    fences = list(_fences(text))
    found = []
    for fence, after in pairwise([*fences, None]):
        assert fence is not None
        if not fence.words or fence.words[0] not in _TYPED:
            continue
        if len(fence.words) != 2 or fence.words[1] not in KINDS:
            raise BadBlock(
                f"{page}:{fence.line}: a command block needs its kind, such as ```sh run; one of {', '.join(KINDS)}"
            )
        told = after is not None and after.words == ("text",) and not after.before.strip()
        printed = after.text if told and after else None
        found.append(Block(page, fence.line, fence.words[1], fence.text, printed))
    return found


def _fences(text: str) -> Iterator[_Fence]:
    end = 0
    for match in _FENCE.finditer(text):
        indent, _, words, inside = match.groups()
        lines = [line.removeprefix(indent) for line in inside.splitlines(keepends=True)]
        line = text.count("\n", 0, match.start()) + 1
        yield _Fence(line, tuple(words.split()), "".join(lines), text[end : match.start()])
        end = match.end()


def agrees(printed: str, came: str) -> bool:
    """Return whether what came is what the page shows; `…` stands for anything in a line, alone for any lines."""
    parts = []
    for line in printed.strip().splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(r"[^\n]*?".join(map(re.escape, line.rstrip().split("…"))) + r"[ ]*\n")
    return re.fullmatch("".join(parts), came.strip() + "\n") is not None

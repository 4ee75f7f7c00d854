"""Takes shell text apart into simple commands, as far as checking them needs; `bash -n` has said before that it parses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

_HEREDOC: Final = re.compile(
    r"<<-?\s*(['\"]?)(\w+)\1([^\n]*)\n.*?^\s*\2$", re.MULTILINE | re.DOTALL
)
_INSIDE: Final = re.compile(r"\$\(([^()]*)\)|<\(([^()]*)\)")
_COMMENT: Final = re.compile(r"(^|\s)#[^\n]*")
_QUOTED: Final = re.compile(r"'[^']*'")
_NUMBERED: Final = re.compile(r"QUOTED(\d+)\b")
_ENDS: Final = re.compile(r"[;&|()\n]+")
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=")
_KEYWORDS: Final = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "do", "done", "while", "until", "!", "{", "}"}
)
_BEFORE_COMMANDS: Final = frozenset({"sudo", "exec", "nohup", "time", "env"})
# Of `sudo` and `env`, options that take a word.
_WITH_WORD: Final = frozenset({"-u", "-g"})


def commands(text: str) -> Iterator[list[str]]:
    """Yield each simple command as its words, and before it those inside its `$( )`; assignments are left out."""
    text = _HEREDOC.sub(r"\3\n", text).replace("\\\n", " ")
    # What is in single quotes is somebody else's program, such as Python's.
    quoted: list[str] = []
    text = _COMMENT.sub(r"\1", _QUOTED.sub(lambda one: _kept(quoted, "QUOTED", one[0]), text))
    inside: list[str] = []
    while _INSIDE.search(text):
        text = _INSIDE.sub(lambda one: _kept(inside, "SUBSTITUTED", one[1] or one[2] or ""), text)
    for line in _simple(text):
        words = [_NUMBERED.sub(lambda one: quoted[int(one[1])].strip("'"), word) for word in line]
        for number in re.findall(r"SUBSTITUTED(\d+)\b", " ".join(words)):
            back = _NUMBERED.sub(lambda one: quoted[int(one[1])], inside[int(number)])
            yield from _within(back, inside)
        yield from _stripped(words)


def _kept(among: list[str], name: str, text: str) -> str:
    among.append(text)
    return f"{name}{len(among) - 1}"


def _within(text: str, inside: list[str]) -> Iterator[list[str]]:
    """Yield the commands of what stood inside `$( )`, which may name what stood inside of it."""
    back = re.sub(r"SUBSTITUTED(\d+)\b", lambda one: f"$({inside[int(one[1])]})", text)
    yield from commands(back)


def _simple(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    skip = False
    for word in [*lexer, ";"]:
        if _ENDS.fullmatch(word):
            yield words
            words = []
        elif set(word) <= set("<>&") and word:
            skip = True
        elif skip:
            skip = False
        else:
            words.append(word)


def _stripped(words: list[str]) -> Iterator[list[str]]:
    while words:
        if words[0] == "for":
            return
        if words[0] in _BEFORE_COMMANDS:
            words = words[1:]
            while words and words[0].startswith("-"):
                words = words[2:] if words[0] in _WITH_WORD else words[1:]
        elif words[0] in _KEYWORDS or _ASSIGNED.match(words[0]):
            words = words[1:]
        elif words == ["2"] or words[0] == "1":
            return
        else:
            yield words
            break
    if "--" in words:  # kubectl exec … -- atelier …
        yield from _stripped(words[words.index("--") + 1 :])

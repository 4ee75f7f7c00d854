"""Ways in which people hide a word from a list of words, each a function from the word to what they type."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

_CYRILLIC: Final = str.maketrans("aceopxyikjs", "асеорхуікјѕ")
_LEET: Final = str.maketrans("aeiosbt", "4310587")
_MARKS: Final = "\u0301\u0308\u0336\u0321\u034f"
_MATHEMATICAL_A: Final = 0x1D41A
_FULLWIDTH: Final = 0xFEE0


def _between(sign: str) -> Callable[[str], str]:
    return lambda word: " ".join(sign.join(part) for part in word.split())


def _marked(word: str) -> str:
    return "".join(letter + _MARKS[n % len(_MARKS)] for n, letter in enumerate(word))


def _repeated(word: str) -> str:
    return "".join(
        letter * (3 if n % 3 == 1 else 1) if letter.isalpha() else letter
        for n, letter in enumerate(word)
    )


def _fullwidth(word: str) -> str:
    return "".join(chr(ord(one) + _FULLWIDTH) if "!" <= one <= "~" else one for one in word)


def _mathematical(word: str) -> str:
    return "".join(
        chr(_MATHEMATICAL_A + ord(one) - ord("a")) if "a" <= one <= "z" else one for one in word
    )


def _mixed_case(word: str) -> str:
    luck = random.Random(word)  # noqa: S311 - repeatable on purpose
    return "".join(luck.choice((one.upper(), one.lower())) for one in word)


def _weighed(word: str) -> str:
    middle = len(word) // 2
    return f"({word[:middle]}:1.2){word[middle:]}" if word[middle - 1 :].strip() else word


DISGUISES: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "mixed case": _mixed_case,
    "combining marks": _marked,
    "zero width": _between("\u200b"),
    "look-alikes": lambda word: word.translate(_CYRILLIC),
    "fullwidth": _fullwidth,
    "mathematical": _mathematical,
    "leet": lambda word: word.translate(_LEET),
    "spaced out": lambda word: "  ".join(" ".join(part) for part in word.split()),
    "repeated": _repeated,
    "punctuation": _between("."),
    "hyphens": _between("-"),
    "weights": _weighed,
}

"""Which words a seed chooses from a prompt with wildcards: the same ones on every machine, and always.

No generator of random numbers is asked, whose numbers may be others in the next version: digests are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from inference.protocol.wildcards import BLANK, Choice, Option, Words, read_template


def drawn(text: str, seed: int, salt: str = "") -> str:
    """Return the words that `seed` chooses from `text`: the same ones everywhere and always.

    Reading the outcome again changes nothing, so that it can be stored in place of the template. Prompts with
    another `salt` choose otherwise, so that what is wanted and what is avoided do not go together.
    """
    template = read_template(text)
    return _Drawing(f"{salt} {seed}").said(template.words).strip() if template.is_open else text


def assembled(pieces: Iterable[tuple[str, bool]]) -> str:
    """Return texts in a row. Beside one that was chosen and is empty, one blank of two is left out."""
    said: list[str] = []
    last, left_out = " ", False
    for text, chosen in pieces:
        fresh = text.lstrip(BLANK) if left_out and last in BLANK else text
        left_out = (chosen and not text) or (left_out and not fresh)
        if fresh:
            said.append(fresh)
            last = fresh[-1]
    return "".join(said)


@dataclass(frozen=True)
class _Drawing:
    """Numbers from a seed: of each pair of braces by its place, so that what one draws changes no other."""

    source: str

    def said(self, words: Words) -> str:
        chosen = (
            (self._of(one), True) if isinstance(one, Choice) else (one, False) for one in words
        )
        return assembled(chosen)

    def _of(self, choice: Choice) -> str:
        count = choice.least
        if choice.least < choice.most:
            count += self._below(choice.most - choice.least + 1, choice.place, 0)
        left = choice.possible
        taken = [self._take(left, choice.place, turn) for turn in range(1, count + 1)]
        return choice.joiner.join(self.said(option.words) for option in taken)

    def _take(self, left: list[Option], place: int, turn: int) -> Option:
        at = self._below(sum(option.weight for option in left), place, turn)
        for nth, option in enumerate(left):
            at -= option.weight
            if at < 0:
                return left.pop(nth)
        raise AssertionError  # the number is below the sum of the weights

    def _below(self, limit: int, place: int, turn: int) -> int:
        # 128 bits: what is left over when they are divided is too little to be seen.
        digest = sha256(f"{self.source} {place} {turn}".encode()).digest()
        return int.from_bytes(digest[:16]) % limit

"""Lines of type on a contact sheet: in Inter, as the pages are set, wrapped and cut to the room there is.

Two files, Latin and what else Europe writes with; a letter that neither has is drawn as their empty box.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from PIL import ImageDraw, ImageFont

REGULAR: Final = 400
STRONG: Final = 650
_FILES: Final = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
_FOLDER: Final = Path(__file__).parent / "fonts"
_NOWHERE: Final = "\uffff"
_MORE: Final = "…"


class Lettering:
    """Type of one size, colour and weight."""

    def __init__(self, size: int, colour: str, weight: int = REGULAR) -> None:
        self.size, self.colour = size, colour
        self.line = round(size * 1.35)
        self._fonts = [_font(name, size, weight) for name in _FILES]

    def width(self, text: str) -> float:
        """Return how wide `text` is on one line."""
        return float(sum(self._fonts[at].getlength(run) for at, run in self._runs(text)))

    def fitted(self, text: str, width: float, lines: int) -> list[str]:
        """Return `text` as at most so many lines of at most that width, the last cut where more was said."""
        left = text.split()
        found: list[str] = []
        while left and len(found) < lines:
            count = self._words_in(left, width)
            found.append(" ".join(left[:count]))
            left = left[count:]
        if left and found:
            found[-1] = f"{found[-1]} {' '.join(left)}"
        return [self._cut(line, width) for line in found]

    def draw(
        self,
        sheet: ImageDraw.ImageDraw,
        at: tuple[float, float],
        text: str,
        *,
        shift: float = 0.0,
    ) -> None:
        """Draw `text` with its baseline's start at `at`, moved left by the share `shift` of its width."""
        x, y = at
        x -= self.width(text) * shift
        for font, run in self._runs(text):
            sheet.text((x, y), run, font=self._fonts[font], fill=self.colour, anchor="ls")
            x += self._fonts[font].getlength(run)

    def _words_in(self, words: list[str], width: float) -> int:
        count = 1
        while count < len(words) and self.width(" ".join(words[: count + 1])) <= width:
            count += 1
        return count

    def _cut(self, line: str, width: float) -> str:
        if self.width(line) <= width:
            return line
        low, high = 0, len(line)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(line[:middle].rstrip() + _MORE) <= width:
                low = middle
            else:
                high = middle - 1
        return line[:low].rstrip() + _MORE

    def _runs(self, text: str) -> Iterator[tuple[int, str]]:
        for at, letters in groupby(text, _file_with):
            yield at, "".join(letters)


@lru_cache(maxsize=32)
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(_FOLDER / name), size)
    font.set_variation_by_axes([weight])
    return font


@lru_cache(maxsize=4096)
def _file_with(letter: str) -> int:
    """Return which file has `letter`; the first if none has."""
    for at, name in enumerate(_FILES):
        font = _font(name, 16, REGULAR)
        if bytes(font.getmask(letter)) != bytes(font.getmask(_NOWHERE)):
            return at
    return 0

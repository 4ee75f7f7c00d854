"""Draws a contact sheet: a title, the values along its edges, and a tile for every cell.

Knows no row: what may be seen was decided by whoever hands over the tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from PIL import ImageDraw

from backend.grids.lettering import STRONG, Lettering

_PAPER, _INK, _SOFT, _TILE, _RULE = "#ffffff", "#17171c", "#63636e", "#ececf0", "#d6d6dd"
_SMALLEST_BOX: Final = 192
_LINES_OF_TITLE: Final = 3
_LINES_OF_LABEL: Final = 3


@dataclass(frozen=True)
class Tile:
    """One cell: how large its image is; the key of its file, or without one the word that stands there."""

    width: int
    height: int
    key: str | None
    word: str = ""


@dataclass(frozen=True)
class Edge:
    """The name of an axis and the values along it."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """All that is on a sheet, row by row; `longest` is the most that an image's longest side takes."""

    title: str
    facts: str
    across: Edge
    down: Edge | None
    tiles: Sequence[Tile]
    longest: int


class _Measures:
    """How large everything is; all in pixels."""

    def __init__(self, plan: Plan) -> None:
        columns = len(plan.across.values)
        largest = max(max(tile.width, tile.height) for tile in plan.tiles)
        self.scale = max(min(plan.longest, largest), min(_SMALLEST_BOX, plan.longest)) / largest
        self.box = (
            max(self.scaled(tile.width) for tile in plan.tiles),
            max(self.scaled(tile.height) for tile in plan.tiles),
        )
        unit = max(13, min(22, round(max(self.box) / 18)))
        self.gap, self.margin = unit // 2, unit * 2
        self.title = Lettering(round(unit * 1.35), _INK, STRONG)
        self.value = Lettering(round(unit * 1.1), _INK, STRONG)
        self.small = Lettering(unit, _SOFT)
        self.gutter = self._gutter(plan)
        least = round(unit * 26)
        self.width = max(
            least, 2 * self.margin + self.gutter + columns * (self.box[0] + self.gap) - self.gap
        )

    def scaled(self, length: int) -> int:
        """Return how long a side is on the sheet."""
        return max(1, round(length * self.scale))

    def _gutter(self, plan: Plan) -> int:
        if plan.down is None:
            return 0
        widest = max(self.value.width(one) for one in plan.down.values)
        widest = max(widest, self.small.width(plan.down.name))
        return round(min(widest, self.box[0] * 0.8, self.value.size * 14)) + 2 * self.gap


def draw(plan: Plan, read: Callable[[str], bytes]) -> Pillow.Image:
    """Return the sheet of `plan`; `read` returns the file of a key, a WebP.

    Raises:
        OSError: The storage refuses.
    """
    size = _Measures(plan)
    title = size.title.fitted(plan.title, size.width - 2 * size.margin, _LINES_OF_TITLE)
    facts = size.small.fitted(plan.facts, size.width - 2 * size.margin, 2)
    labels = [size.value.fitted(one, size.box[0], _LINES_OF_LABEL) for one in plan.across.values]
    head = len(title) * size.title.line + len(facts) * size.small.line + size.margin
    edge = size.small.line + max(map(len, labels), default=1) * size.value.line + size.gap
    top = size.margin + head + edge
    rows = len(plan.tiles) // len(plan.across.values)
    height = top + rows * (size.box[1] + size.gap) - size.gap + size.margin
    sheet = Pillow.new("RGB", (size.width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    y = _lines(pen, size.title, (size.margin, size.margin), title)
    y = _lines(pen, size.small, (size.margin, y), facts)
    y += size.margin // 2
    pen.line((size.margin, y, size.width - size.margin, y), fill=_RULE)
    _columns(pen, size, plan, labels, size.margin + head)
    _rows(pen, size, plan, top)
    for place, tile in enumerate(plan.tiles):
        row, column = divmod(place, len(plan.across.values))
        x = size.margin + size.gutter + column * (size.box[0] + size.gap)
        _tile(sheet, size, tile, (x, top + row * (size.box[1] + size.gap)), read)
    return sheet


def _lines(
    pen: ImageDraw.ImageDraw,
    lettering: Lettering,
    at: tuple[float, float],
    lines: Sequence[str],
    shift: float = 0.0,
) -> int:
    """Write `lines` from the top at `at`; return where the next would begin."""
    x, y = at
    for line in lines:
        lettering.draw(pen, (x, y + lettering.size), line, shift=shift)
        y += lettering.line
    return round(y)


def _columns(
    pen: ImageDraw.ImageDraw, size: _Measures, plan: Plan, labels: list[list[str]], y: int
) -> None:
    left = size.margin + size.gutter
    _lines(pen, size.small, (left, y), [plan.across.name])
    most = max(map(len, labels))
    for column, lines in enumerate(labels):  # the last line of each is nearest to its images
        middle = left + column * (size.box[0] + size.gap) + size.box[0] / 2
        above = y + size.small.line + (most - len(lines)) * size.value.line
        _lines(pen, size.value, (middle, above), lines, shift=0.5)


def _rows(pen: ImageDraw.ImageDraw, size: _Measures, plan: Plan, top: int) -> None:
    if plan.down is None:
        return
    width = size.gutter - size.gap
    above = top - size.gap - size.small.line
    _lines(pen, size.small, (size.margin, above), size.small.fitted(plan.down.name, width, 1))
    for row, value in enumerate(plan.down.values):
        lines = size.value.fitted(value, width, _LINES_OF_LABEL * 2)
        middle = top + row * (size.box[1] + size.gap) + size.box[1] / 2
        start = middle - len(lines) * size.value.line / 2
        _lines(pen, size.value, (size.margin, start), lines)


def _tile(
    sheet: Pillow.Image,
    size: _Measures,
    tile: Tile,
    at: tuple[int, int],
    read: Callable[[str], bytes],
) -> None:
    width, height = size.scaled(tile.width), size.scaled(tile.height)
    x, y = at[0] + (size.box[0] - width) // 2, at[1] + (size.box[1] - height) // 2
    picture = _picture(tile, read)
    if picture:
        sheet.paste(picture.resize((width, height), Pillow.Resampling.LANCZOS), (x, y))
        return
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=_TILE)
    lines = size.small.fitted(tile.word or "Missing", width - 2 * size.gap, 3)
    start = y + height / 2 - len(lines) * size.small.line / 2
    _lines(pen, size.small, (x + width / 2, start), lines, shift=0.5)


def _picture(tile: Tile, read: Callable[[str], bytes]) -> Pillow.Image | None:
    """Return the image of a cell; None where there is none to be seen, or its file is lost."""
    if tile.key is None:
        return None
    try:
        data = read(tile.key)
    except FileNotFoundError:
        return None
    with Pillow.open(BytesIO(data), formats=["WEBP"]) as picture:
        return picture.convert("RGB")

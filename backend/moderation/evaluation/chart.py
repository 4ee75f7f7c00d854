"""Draws an evaluation: precision over recall, and how the margins of both kinds of pictures lie about the threshold.

With Pillow alone, at twice the size and reduced, so that lines are smooth. Kinds differ by colour, by place in the legend and by line,
for people who see colours alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from backend.moderation.evaluation.figures import Judged
from backend.moderation.evaluation.schemas import CurvePoint, Report

_SCALE: Final = 2
_SIZE: Final = (1200, 520)
_WHITE, _INK, _PALE, _GRID = "#ffffff", "#1f2328", "#57606a", "#d8dee4"
_RESTRICTED, _SAFE, _LINE = "#b3261e", "#1f6feb", "#6639ba"
_BARS: Final = 40
_DASHES: Final = 21
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR_ALPHA: Final = 150


class _Frame(NamedTuple):
    """Where one of the two diagrams lies, in pixels of the large picture."""

    left: int
    top: int
    right: int
    bottom: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of shares `x` from the left and `y` from the bottom."""
        return self.left + x * (self.right - self.left), self.bottom - y * (self.bottom - self.top)


def draw_chart(report: Report, pictures: Sequence[Judged]) -> Image.Image:
    """Return both diagrams side by side."""
    image = Image.new("RGB", (_SIZE[0] * _SCALE, _SIZE[1] * _SCALE), _WHITE)
    pen = ImageDraw.Draw(image, "RGBA")
    _text(pen, 40, 22, f"{report.model}: {len(pictures)} pictures in {report.folder}", size=17)
    _curve(pen, _frame(70, 560), report)
    _histogram(pen, _frame(660, 1150), pictures)
    return image.resize(_SIZE, Image.Resampling.LANCZOS)


def _curve(pen: ImageDraw.ImageDraw, frame: _Frame, report: Report) -> None:
    _axes(pen, frame, "Precision over recall", "recall")
    for share in _TICKS:
        _text(pen, *_unscaled(frame.at(share, 0), dx=-12, dy=8), f"{share:g}", colour=_PALE)
        _text(pen, *_unscaled(frame.at(0, share), dx=-34, dy=-8), f"{share:g}", colour=_PALE)
    line = [frame.at(point.recall, point.precision) for point in _from_the_left(report.curve)]
    pen.line(line, fill=_LINE, width=3 * _SCALE, joint="curve")
    here = frame.at(report.recall.share or 0.0, report.precision.share or 0.0)
    reach = 6 * _SCALE
    pen.ellipse((here[0] - reach, here[1] - reach, here[0] + reach, here[1] + reach), fill=_INK)
    told = f"dot: as the policy has it · average precision {report.average_precision:.4f}"
    _text(pen, *_unscaled(frame.at(0, 0), dx=0, dy=46), told)


def _from_the_left(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Return the curve from recall 0 on, where the precision is that of the surest pictures."""
    return [points[0].model_copy(update={"recall": 0.0}), *points]


def _histogram(pen: ImageDraw.ImageDraw, frame: _Frame, pictures: Sequence[Judged]) -> None:
    _axes(pen, frame, "Margins: held above 0", "score with the policy's shift")
    known = [one for one in pictures if math.isfinite(one.margin)]
    if not known:
        _text(pen, *_unscaled(frame.at(0.2, 0.5)), "Nothing was measured.")
        return
    low = min(0.0, *(one.margin for one in known))
    high = max(0.0, *(one.margin for one in known))
    edges = np.linspace(low, high if high > low else low + 1, _BARS + 1)
    bars = {
        kind: np.histogram([one.margin for one in known if one.restricted is kind], edges)[0]
        for kind in (True, False)
    }
    tallest = max(int(counts.max()) for counts in bars.values()) or 1
    for kind, colour in ((False, _SAFE), (True, _RESTRICTED)):
        for k, count in enumerate(bars[kind]):
            if count:
                box = (*frame.at(k / _BARS, count / tallest), *frame.at((k + 1) / _BARS, 0))
                pen.rectangle(box, fill=_translucent(colour), outline=colour)
    zero = -low / (edges[-1] - low)
    dashes = pairwise(k / _DASHES for k in range(_DASHES + 1))
    for k, (a, b) in enumerate(dashes):
        if k % 2 == 0:
            pen.line([frame.at(zero, a), frame.at(zero, b)], fill=_INK, width=2 * _SCALE)
    for share in (0.0, 1.0):
        margin = low + share * (edges[-1] - low)
        _text(pen, *_unscaled(frame.at(share, 0), dx=-18, dy=8), f"{margin:+.2f}", colour=_PALE)
    _text(pen, *_unscaled(frame.at(zero, 0), dx=-4, dy=8), "0")
    _text(pen, *_unscaled(frame.at(0, 1), dx=-40, dy=-6), str(tallest), colour=_PALE)
    _legend(pen, frame)


def _legend(pen: ImageDraw.ImageDraw, frame: _Frame) -> None:
    x, y = _unscaled(frame.at(0, 0), dx=0, dy=46)
    for name, colour in (("safe", _SAFE), ("restricted", _RESTRICTED)):
        box = [x * _SCALE, (y + 3) * _SCALE, (x + 14) * _SCALE, (y + 17) * _SCALE]
        pen.rectangle(box, fill=_translucent(colour), outline=colour)
        _text(pen, x + 22, y, name)
        x += 90


def _axes(pen: ImageDraw.ImageDraw, frame: _Frame, title: str, along: str) -> None:
    for share in _TICKS:
        pen.line([frame.at(0, share), frame.at(1, share)], fill=_GRID, width=_SCALE)
    pen.line([frame.at(0, 0), frame.at(1, 0)], fill=_PALE, width=_SCALE)
    _text(pen, *_unscaled(frame.at(0, 1), dx=0, dy=-30), title, size=15)
    _text(pen, *_unscaled(frame.at(0.5, 0), dx=-len(along) * 3, dy=24), along, colour=_PALE)


def _frame(left: int, right: int) -> _Frame:
    return _Frame(left * _SCALE, 95 * _SCALE, right * _SCALE, (_SIZE[1] - 85) * _SCALE)


def _unscaled(place: tuple[float, float], dx: float = 0, dy: float = 0) -> tuple[float, float]:
    return place[0] / _SCALE + dx, place[1] / _SCALE + dy


def _translucent(colour: str) -> tuple[int, int, int, int]:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue, _BAR_ALPHA


def _text(  # noqa: PLR0913 - where, what and how
    pen: ImageDraw.ImageDraw, x: float, y: float, words: str, *, size: int = 13, colour: str = _INK
) -> None:
    font = ImageFont.load_default(size=size * _SCALE)
    pen.text((x * _SCALE, y * _SCALE), words, fill=colour, font=font)

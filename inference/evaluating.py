"""Measures a labelled folder of pictures with a model's safety checkers, as its own images are measured. Decides nothing.

    DIR/restricted/…, DIR/safe/…   a picture's group is the folder below its label, or else its shape
    DIR/labels.csv                 or a CSV file itself: columns file, label and, if you like, group

Reading the folder imports no torch; measuring does.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from inference.protocol import CheckerCard, SafetyScores

RESTRICTED: Final = "restricted"
SAFE: Final = "safe"
SHEET: Final = "labels.csv"
ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp")
MOST: Final = 500_000
_AT_ONCE: Final = 2  # as many as the engine measures at once
_PLAIN: Final = 16  # shapes are told in numbers up to this


class EvaluationRefused(Exception):
    """A folder or a model cannot be evaluated; the text says what to change."""


class Labelled(NamedTuple):
    """A picture, what people say of it, and the group in whose figures it counts (empty: its shape)."""

    file: Path
    restricted: bool
    group: str


@dataclass(frozen=True)
class Measured:
    """A picture with its scores; `trouble` says why it could not be read."""

    picture: Labelled
    group: str
    scores: SafetyScores | None
    trouble: str = ""


def read_labelled(place: Path) -> list[Labelled]:
    """Return the pictures of a folder or CSV file, in a fixed order.

    Raises:
        EvaluationRefused: There is no such place, or not both kinds of pictures in it.
    """
    if not place.exists():
        raise EvaluationRefused(f"there is no folder or CSV file {place}")
    sheet = place / SHEET if place.is_dir() else place
    found = list(_of_sheet(sheet) if sheet.is_file() else _of_folders(place))
    for label, wanted in ((RESTRICTED, True), (SAFE, False)):
        if not any(one.restricted is wanted for one in found):
            raise EvaluationRefused(
                f"{place} has no {label} pictures; put some ({', '.join(ENDINGS)}) into {place / label}, or name "
                f"them in {SHEET} with the columns file,label"
            )
    if len(found) > MOST:
        raise EvaluationRefused(f"{place} has {len(found)} pictures; at most {MOST} are measured")
    return found


def _of_folders(place: Path) -> Iterator[Labelled]:
    for label in (RESTRICTED, SAFE):
        home = place / label
        for file in sorted(home.rglob("*")):
            inner = file.relative_to(home)
            hidden = any(part.startswith(".") for part in inner.parts)
            if file.suffix.lower() in ENDINGS and file.is_file() and not hidden:
                group = inner.parts[0] if len(inner.parts) > 1 else ""
                yield Labelled(file, label == RESTRICTED, group)


def _of_sheet(sheet: Path) -> Iterator[Labelled]:
    try:
        with sheet.open(newline="", encoding="utf-8-sig") as opened:
            rows = csv.DictReader(opened)
            if not {"file", "label"} <= set(rows.fieldnames or ()):
                raise EvaluationRefused(
                    f"{sheet} needs the columns file and label in its first line"
                )
            for row in rows:
                yield _row(sheet, rows.line_num, row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise EvaluationRefused(f"{sheet} cannot be read as CSV in UTF-8: {error}") from None


def _row(sheet: Path, line: int, row: dict[str, str | None]) -> Labelled:
    label, name = (row["label"] or "").strip().lower(), (row["file"] or "").strip()
    if label not in (RESTRICTED, SAFE):
        raise EvaluationRefused(
            f"{sheet}, line {line}: a label is {RESTRICTED} or {SAFE}, not {label[:40]!r}"
        )
    file = sheet.parent / name
    if not name or not file.is_file():
        raise EvaluationRefused(f"{sheet}, line {line}: there is no file {name[:200]!r} beside it")
    return Labelled(file, label == RESTRICTED, (row.get("group") or "").strip()[:60])


class Examiner:
    """The checkers of one model, without the model."""

    def __init__(self, model: str = "") -> None:
        from inference.catalog import Catalog, CatalogError  # noqa: PLC0415 - torch is loaded here, not with the module
        from inference.checkers.loading import load_panel  # noqa: PLC0415
        from inference.devices import place, use_every_core  # noqa: PLC0415

        try:
            offer = Catalog.read().only([model] if model else []).offers[0]
        except CatalogError as error:
            raise EvaluationRefused(str(error)) from None
        use_every_core()
        where = place()
        self.model, self._device = offer.name, where.device
        self._panel, _ = load_panel(offer, where)
        if troubles := [f"{one.name}: {one.trouble}" for one in self.cards if one.trouble]:
            raise EvaluationRefused(
                f"not every checker of {offer.name} can measure, so all of its images are held: {'; '.join(troubles)}"
            )

    @property
    def cards(self) -> list[CheckerCard]:
        """Who measures."""
        return self._panel.cards

    def measured(self, pictures: Iterable[Labelled]) -> Iterator[Measured]:
        """Yield every picture with what the checkers saw in it; one that cannot be read says so."""
        for batch in _batches(map(_opened, pictures)):
            sound = [(each.picture, each.pixels) for each in batch if each.pixels is not None]
            if not sound:
                yield from (Measured(one.picture, "", None, one.trouble) for one in batch)
                continue
            scores = self._score([pixels for _, pixels in sound])
            for (one, pixels), told in zip(sound, scores, strict=True):
                height, width, _ = pixels.shape
                yield Measured(one, one.group or shape_of(width, height), told)

    def _score(self, pictures: list[Any]) -> list[SafetyScores | None]:
        import torch  # noqa: PLC0415 - loaded already, with the checkers

        pixels = torch.stack([torch.from_numpy(each).permute(2, 0, 1) for each in pictures])
        return self._panel.score(pixels.to(self._device))


class _Opened(NamedTuple):
    """A picture's pixels uint8 [h, w, 3], or why there are none."""

    picture: Labelled
    pixels: Any | None
    trouble: str = ""

    @property
    def size(self) -> tuple[int, ...] | None:
        return None if self.pixels is None else self.pixels.shape


def _opened(picture: Labelled) -> _Opened:
    try:
        with Image.open(picture.file) as image:
            upright = ImageOps.exif_transpose(image)
            return _Opened(picture, np.array(upright.convert("RGB")))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return _Opened(picture, None, str(error).partition("\n")[0] or type(error).__name__)


def _batches(opened: Iterable[_Opened]) -> Iterator[list[_Opened]]:
    """Yield pictures that follow each other and are of one size, a few at a time."""
    batch: list[_Opened] = []
    for each in opened:
        if batch and (len(batch) == _AT_ONCE or each.size != batch[0].size):
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def shape_of(width: int, height: int) -> str:
    """Return the shape of a picture in small numbers: 1:1, 2:3, 3:1; other ones to a tenth, 1.9:1."""
    by = math.gcd(width, height)
    across, down = width // by, height // by
    if max(across, down) <= _PLAIN:
        return f"{across}:{down}"
    longer = f"{max(width, height) / min(width, height):.1f}".removesuffix(".0")
    return f"{longer}:1" if width > height else f"1:{longer}"

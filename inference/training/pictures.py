"""Reads the folder that somebody wants learned: pictures, and the captions beside them.

A picture is turned as its EXIF says, laid on white where it is clear, cut to a square about its middle and
reduced. What cannot be used is refused by name, before anything is trained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from inference.training.plan import TrainingRefused

SUFFIXES: Final = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
MOST: Final = 1000
MOST_PIXELS: Final = 64_000_000
MOST_CAPTION: Final = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to learn from, and its caption."""

    path: Path
    caption: str


def read_folder(folder: Path, trigger: str, class_words: str, resolution: int) -> list[Picture]:
    """Return the pictures of `folder` by name, each with a caption that says the trigger.

    Raises:
        TrainingRefused: There are none or too many, or some cannot be used; all of those are named.
    """
    if not folder.is_dir():
        raise TrainingRefused("folder", f"{folder} is no folder; name one with 5 to 50 pictures")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not 1 <= len(paths) <= MOST:
        raise TrainingRefused(
            "folder",
            f"{folder} holds {len(paths)} pictures ({', '.join(sorted(SUFFIXES))}); put 5 to 50 there, at most {MOST}",
        )
    troubles = [trouble for path in paths if (trouble := _trouble_with(path, resolution))]
    if troubles:
        raise TrainingRefused("folder", "; ".join(troubles[:5]) + _and_more(len(troubles) - 5))
    return [Picture(path, _caption_of(path, trigger, class_words)) for path in paths]


def load_square(path: Path, side: int) -> Image.Image:
    """Return the picture as RGB of `side` x `side`: turned, on white, cut about its middle."""
    with Image.open(path) as opened:
        turned = ImageOps.exif_transpose(opened).convert("RGBA")
    white = Image.new("RGBA", turned.size, (255, 255, 255, 255))
    return ImageOps.fit(
        Image.alpha_composite(white, turned).convert("RGB"), (side, side), Image.Resampling.LANCZOS
    )


def without_trigger(caption: str, trigger: str) -> str:
    """Return the caption without the trigger words: what class pictures are asked for by."""
    bare = re.sub(rf"\b{re.escape(trigger)}\b( of\b)?", " ", caption, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", re.sub(r"\s*,(\s*,)*", ",", bare)).strip(" ,")


def _trouble_with(path: Path, resolution: int) -> str:
    try:
        with Image.open(path) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                return f"{path.name} has {width} x {height} pixels; at most {MOST_PIXELS // 10**6} million"
            opened.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return f"{path.name} cannot be read as a picture; remove it or save it anew as PNG"
    if min(width, height) < resolution:
        return f"{path.name} is {width} x {height}; at least {resolution} a side, or a smaller --resolution"
    return ""


def _caption_of(path: Path, trigger: str, class_words: str) -> str:
    """Return what stands in the .txt beside the picture, with the trigger in front if it lacks it."""
    beside = path.with_suffix(".txt")
    if not beside.exists():
        return f"{trigger} {class_words}".strip()
    try:
        written = " ".join(beside.read_text("utf-8").split())
    except UnicodeDecodeError:
        raise TrainingRefused(
            "folder", f"{beside.name} is no UTF-8 text; save it as such"
        ) from None
    if len(written) > MOST_CAPTION:
        raise TrainingRefused(
            "folder", f"{beside.name} has {len(written)} characters; at most {MOST_CAPTION}"
        )
    said = re.search(rf"\b{re.escape(trigger)}\b", written, re.IGNORECASE)
    return written if said else f"{trigger}, {written}".strip(" ,")


def _and_more(count: int) -> str:
    return f"; and {count} more" if count > 0 else ""

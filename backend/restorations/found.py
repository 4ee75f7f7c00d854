"""What a dialect found, as its tool wrote it; and how values of unknown shape become text and numbers.

Nothing here knows what can be had in this studio: that is `fitting`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend.restorations.schemas import Source
from inference.protocol import Decoder, Fit, LoraUse, Margins, Upscale

Texts = Mapping[str, str]
"""What lies in a picture, by the names that a PNG has for it."""

LARGEST_JSON: Final = 1_000_000
_WHOLE: Final = re.compile(r"-?\d{1,20}")
_BEYOND_ANY_NUMBER: Final = 10**20


@dataclass(frozen=True)
class Over:
    """How an image was drawn over a picture; None: it says nothing about that."""

    strength: float | None = None
    fit: Fit | None = None
    masked: bool = False
    mask_blur: int | None = None
    inverted: bool = False
    only_masked: bool = False
    outpaint: Margins | None = None
    upscale: Upscale | None = None


@dataclass(frozen=True)
class Found:
    """The settings of one picture; None: it says nothing about that."""

    source: Source
    prompt: str | None = None
    negative_prompt: str | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    sampler: str | None = None
    spacing: str | None = None
    model: str | None = None
    variation_seed: int | None = None
    variation_strength: float | None = None
    over: Over | None = None
    """How it was drawn over a picture, if it was."""
    loras: tuple[LoraUse, ...] = ()
    """LoRAs that it names beside the prompt, as ours do."""
    shapes: tuple[str, ...] = ()
    """The ControlNets that it was drawn with, each with what it says of how."""
    rest: tuple[tuple[str, str], ...] = ()
    """What else it was drawn with and nothing here takes: name of the setting, and its value."""
    decoder: Decoder | None = None
    """What decoded it, if it says so: of ours drafts do."""
    place: tuple[str, int] | None = None
    """Of which generation it says to be an image, and which one of it."""


def record(text: str | None) -> dict[str, Any] | None:
    """Return the JSON object that `text` is, or None."""
    if text is None or len(text) > LARGEST_JSON or not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def inner(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def written(value: object) -> str | None:
    """Return `value` if it is a text with something in it, without what no text may hold."""
    if not isinstance(value, str):
        return None
    return value.encode(errors="ignore").decode().replace("\0", "").strip() or None


def whole(value: object) -> int | None:
    """Return the whole number that `value` is or spells."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _BEYOND_ANY_NUMBER:
        return value
    return None


def number(value: object) -> float | None:
    """Return the finite number that `value` is or spells."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def rest_of(**named: object) -> tuple[tuple[str, str], ...]:
    """Return those of the settings named that say something, as texts."""
    told = ((name, _told(value)) for name, value in named.items())
    return tuple((name, text) for name, text in told if text)


def _told(value: object) -> str | None:
    if isinstance(value, float):
        return f"{value:g}"
    return written(value) or (str(value) if whole(value) is not None else None)

"""The infotext of A1111, Forge, SD.Next and of everybody who writes as they do: prompt, negative prompt, pairs.

    a red dress
    Negative prompt: blurred
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, Model: sd-v1-4

The last line counts as pairs if it holds three of them; a value with a comma or a colon in it is a JSON string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from backend.images.metadata import TINY_DECODER
from backend.restorations.found import Found, Over, Texts, number, rest_of, whole, written
from backend.restorations.schemas import Source
from inference.protocol import Decoder

FEWEST_PAIRS: Final = 3
LONGEST_LINE: Final = 20_000
LONGEST_TEXT: Final = 200_000
_NEGATIVE: Final = "Negative prompt:"
_TEMPLATES: Final = (
    "Template:",
    "Negative Template:",
)  # of sd-dynamic-prompts, before 2023 as last lines
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_SIZE: Final = re.compile(r"(\d{1,5})\s*x\s*(\d{1,5})")
_SHAPE: Final = re.compile(r"ControlNet( \d{1,2})?")
_MOST_SHAPES: Final = 10
_SAID: Final = ("Module", "Weight", "Guidance Start", "Guidance End")
_ULTIMATE: Final = "Ultimate SD upscale upscaler"  # an extension that does the same
_OF_A_MASK: Final = {"Mask blur", "Mask mode", "Masked content", "Inpaint area"}


def read(texts: Texts) -> Found | None:
    """Return what `parameters` says, if it is an infotext."""
    text = texts.get("parameters", "").strip()
    if not text or len(text) > LONGEST_TEXT:
        return None
    lines = text.splitlines()
    while len(lines) > 1 and lines[-1].startswith(_TEMPLATES):
        lines.pop()
    said = dict(pairs(lines[-1])) if len(lines[-1]) <= LONGEST_LINE else {}
    if len(said) < FEWEST_PAIRS or "Steps" not in said:
        return None
    prompt, negative = _prompts(lines[:-1])
    width, height = _size(said.get("Size", ""))
    return Found(
        source=Source.A1111,
        prompt=written(prompt),
        negative_prompt=written(negative),
        width=width,
        height=height,
        steps=whole(said["Steps"]),
        guidance=number(said.get("CFG scale")),
        seed=whole(said.get("Seed")),
        sampler=written(said.get("Sampler")),
        spacing=written(said.get("Schedule type")),
        model=written(said.get("Model")),
        variation_seed=whole(said.get("Variation seed")),
        variation_strength=number(said.get("Variation seed strength")),
        decoder=Decoder.TINY if said.get("VAE Decoder") == TINY_DECODER else None,
        over=_over(said),
        shapes=tuple(_shapes(said)),
        rest=rest_of(
            clip_skip=said.get("Clip skip"),
            denoising_strength=said.get("Denoising strength") if _enlarged(said) else None,
            upscaler=said.get("Hires upscaler"),
            tiles_upscaler=said.get("SD upscale upscaler") or said.get(_ULTIMATE),
            tiles_overlap=said.get("SD upscale overlap"),
            enlarged_afterwards=said.get("Postprocess upscale by")
            or said.get("Postprocess upscale to"),
            enlarged_with=said.get("Postprocess upscaler"),
            vae=said.get("VAE"),
        ),
    )


def pairs(line: str) -> Iterator[tuple[str, str]]:
    """Yield the `key: value` pairs of a line, however long and however broken it is, in one pass."""
    at = 0
    while (colon := line.find(":", at)) >= 0:
        key = line[at:colon].rpartition(",")[2].strip()
        begins = colon + 1
        while line.startswith(" ", begins):
            begins += 1
        quoted = _QUOTED.match(line, begins)
        ends = line.find(",", quoted.end() if quoted else begins)
        ends = len(line) if ends < 0 else ends
        if key:
            yield key, _plain(quoted[0]) if quoted else line[begins:ends].strip()
        at = ends + 1


def _enlarged(said: Mapping[str, str]) -> bool:
    """Return whether it was drawn small and then drawn over when it was large; that has a strength too."""
    return any(name.startswith("Hires ") for name in said)


def _over(said: Mapping[str, str]) -> Over | None:
    strength = number(said.get("Denoising strength"))
    if strength is None or _enlarged(said):
        return None
    return Over(
        strength=strength,
        masked=not _OF_A_MASK.isdisjoint(said),
        mask_blur=whole(said.get("Mask blur")),
        inverted=said.get("Mask mode") == "Inpaint not masked",
        only_masked=said.get("Inpaint area") == "Only masked",
    )


def _shapes(said: Mapping[str, str]) -> Iterator[str]:
    """Yield how it was drawn by each shape, as the ControlNet extension writes it: one quoted list of pairs each."""
    units = [told for name, told in said.items() if _SHAPE.fullmatch(name)]
    for told in units[:_MOST_SHAPES]:
        unit = dict(pairs(told))
        parts = [
            unit.get("Model", ""),
            *(f"{key.lower()} {unit[key]}" for key in _SAID if key in unit),
        ]
        yield ", ".join(part for part in parts if part) or told


def _plain(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]


def _prompts(lines: list[str]) -> tuple[str, str]:
    """Return prompt and negative prompt, either of which may have several lines."""
    begins = next((n for n, line in enumerate(lines) if line.startswith(_NEGATIVE)), len(lines))
    negative = "\n".join(lines[begins:]).removeprefix(_NEGATIVE)
    return "\n".join(lines[:begins]), negative


def _size(said: str) -> tuple[int | None, int | None]:
    found = _SIZE.fullmatch(said)
    return (int(found[1]), int(found[2])) if found else (None, None)

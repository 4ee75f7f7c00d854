"""Fooocus: `parameters` is a JSON object, beside it `fooocus_scheme` is "fooocus". By its other scheme it writes infotext.

The prompt is the one that was typed; what Fooocus made of it by its styles cannot be had here and is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.restorations.found import Found, Texts, number, record, rest_of, whole, written
from backend.restorations.schemas import Source

_SIZE: Final = re.compile(r"\(?(\d{1,5})\s*,\s*(\d{1,5})\)?")
_MOST_LORAS: Final = 8


def read(texts: Texts) -> Found | None:
    """Return what the JSON says, if it is Fooocus's."""
    said = record(texts.get("parameters"))
    if said is None or not (texts.get("fooocus_scheme") == "fooocus" or "base_model" in said):
        return None
    size = _SIZE.fullmatch((written(said.get("resolution")) or "")[:40])
    return Found(
        source=Source.FOOOCUS,
        prompt=written(said.get("prompt")),
        negative_prompt=written(said.get("negative_prompt")),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        steps=whole(said.get("steps")),
        guidance=number(said.get("guidance_scale")),
        seed=whole(said.get("seed")),
        sampler=written(said.get("sampler")),
        spacing=written(said.get("scheduler")),
        model=written(said.get("base_model")),
        rest=rest_of(
            style=(written(said.get("styles")) or "").strip("[]").replace("'", ""),
            lora=", ".join(_loras(said)),
            refiner=_unless_none(said.get("refiner_model")),
        ),
    )


def _loras(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of its LoRAs, each of which is written as `name : weight`."""
    for place in range(1, _MOST_LORAS + 1):
        if text := written(said.get(f"lora_combined_{place}")):
            yield text.rpartition(" : ")[0] or text


def _unless_none(value: object) -> str | None:
    text = written(value)
    return None if text == "None" else text

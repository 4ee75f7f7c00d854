"""SwarmUI: `parameters` is a JSON object with `sui_image_params` in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.restorations.found import (
    Found,
    Over,
    Texts,
    inner,
    number,
    record,
    rest_of,
    whole,
    written,
)
from backend.restorations.schemas import Source


def read(texts: Texts) -> Found | None:
    """Return what `sui_image_params` says, if it is there."""
    said = inner((record(texts.get("parameters")) or {}).get("sui_image_params"))
    if not said:
        return None
    loras = said.get("loras")
    return Found(
        source=Source.SWARMUI,
        prompt=written(said.get("prompt")),
        negative_prompt=written(said.get("negativeprompt")),
        width=whole(said.get("width")),
        height=whole(said.get("height")),
        steps=whole(said.get("steps")),
        guidance=number(said.get("cfgscale")),
        seed=whole(said.get("seed")),
        sampler=written(said.get("sampler")) or written(said.get("comfyuisampler")),
        spacing=written(said.get("scheduler")) or written(said.get("comfyuischeduler")),
        model=written(said.get("model")),
        variation_seed=whole(said.get("variationseed")),
        variation_strength=number(said.get("variationseedstrength")),
        over=_over(said),
        rest=rest_of(
            lora=", ".join(filter(None, map(written, loras))) if isinstance(loras, list) else loras,
            refiner=said.get("refinermodel"),
            vae=said.get("vae"),
        ),
    )


def _over(said: Mapping[str, Any]) -> Over | None:
    """Return what it calls creativity; it writes that only of an image drawn over another."""
    strength = number(said.get("initimagecreativity"))
    if strength is None:
        return None
    blur = whole(said.get("maskblur"))
    return Over(strength=strength, masked=blur is not None, mask_blur=blur)

"""SwarmUI: `parameters` is a JSON object with `sui_image_params` in it."""

from __future__ import annotations

from backend.restorations.found import Found, Texts, inner, number, record, rest_of, whole, written
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
        rest=rest_of(
            lora=", ".join(filter(None, map(written, loras))) if isinstance(loras, list) else loras,
            variation_seed=said.get("variationseed"),
            refiner=said.get("refinermodel"),
            vae=said.get("vae"),
        ),
    )

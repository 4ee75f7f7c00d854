"""InvokeAI: `invokeai_metadata` is a flat JSON object; models in it are objects of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

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

_MOST_LORAS: Final = 16


def read(texts: Texts) -> Found | None:
    """Return what the metadata says, if it is InvokeAI's."""
    said = record(texts.get("invokeai_metadata"))
    if said is None or "positive_prompt" not in said:
        return None
    return Found(
        source=Source.INVOKEAI,
        prompt=written(said.get("positive_prompt")),
        negative_prompt=written(said.get("negative_prompt")),
        width=whole(said.get("width")),
        height=whole(said.get("height")),
        steps=whole(said.get("steps")),
        guidance=number(said.get("cfg_scale")),
        seed=whole(said.get("seed")),
        sampler=written(said.get("scheduler")),
        model=_name(said.get("model")),
        over=_over(said),
        rest=rest_of(
            lora=", ".join(_loras(said.get("loras"))),
            refiner=_name(said.get("refiner_model")),
            vae=_name(said.get("vae")),
        ),
    )


def _over(said: Mapping[str, Any]) -> Over | None:
    """Return how it was drawn over a picture; its mode, such as `sdxl_inpaint`, says whether it was."""
    strength, mode = number(said.get("strength")), written(said.get("generation_mode")) or ""
    if strength is None or mode.endswith("txt2img"):
        return None
    return Over(strength=strength, masked=mode.endswith("inpaint"))


def _loras(said: object) -> Iterator[str]:
    for each in said[:_MOST_LORAS] if isinstance(said, list) else []:
        if name := _name(inner(each).get("model") or inner(each).get("lora")):
            yield name


def _name(said: object) -> str | None:
    """Return the name of a model, of which older versions wrote the bare name or called it otherwise."""
    model = inner(said)
    return written(said) or written(model.get("name")) or written(model.get("model_name"))

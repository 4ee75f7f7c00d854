"""Our own files: the JSON in the XMP packet (`backend.images.metadata`), which says everything.

The packet is searched, not parsed: an XML parser would do what a hostile packet asks of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar
from xml.sax.saxutils import unescape

from pydantic import BaseModel, ValidationError

from backend.images.schemas import Op
from backend.restorations.found import Found, Over, Texts, inner, number, record, whole, written
from backend.restorations.schemas import Source
from inference.protocol import (
    MAX_CONTROLS,
    MAX_LORAS,
    Decoder,
    Fit,
    LoraUse,
    Margins,
    MaskedArea,
    Upscale,
)

M = TypeVar("M", bound=BaseModel)

_BEGIN: Final = "<atelier:generation>"
_END: Final = "</atelier:generation>"
_ID: Final = re.compile("[0-9a-z]{1,26}")
_MOST_IMAGES: Final = 1000
_OVER_A_PICTURE: Final = {Op.IMG2IMG, Op.INPAINT, Op.OUTPAINT, Op.UPSCALE}


def read(texts: Texts) -> Found | None:
    """Return what our own JSON says, if it is there."""
    _, begun, behind = texts.get("xmp", "").partition(_BEGIN)
    said, ended, _ = behind.partition(_END)
    told = (record(unescape(said)) or {}) if begun and ended else {}
    saved = inner(told.get("parameters"))
    if not saved:
        return None
    return Found(
        source=Source.ATELIER,
        prompt=written(saved.get("prompt")),
        negative_prompt=written(saved.get("negative_prompt")),
        width=whole(saved.get("width")),
        height=whole(saved.get("height")),
        steps=whole(saved.get("num_inference_steps")),
        guidance=number(saved.get("guidance_scale")),
        seed=whole(saved.get("seed")),
        sampler=written(saved.get("scheduler")),
        model=written(saved.get("model")),
        variation_seed=whole(saved.get("variation_seed")),
        variation_strength=number(saved.get("variation_strength")),
        over=_over(told, saved),
        loras=tuple(_loras(saved.get("loras"))),
        shapes=tuple(_shapes(told.get("control"))),
        decoder=_decoder(written(saved.get("decoder"))),
        place=_place(told.get("generation_id"), whole(told.get("index"))),
    )


def _over(told: Mapping[str, Any], saved: Mapping[str, Any]) -> Over | None:
    """Return how it was drawn over a picture, whose id the file does not have."""
    if written(told.get("op")) not in _OVER_A_PICTURE:
        return None
    fit, area = written(saved.get("fit")), written(saved.get("masked_area"))
    return Over(
        strength=number(saved.get("strength")),
        fit=Fit(fit) if fit in set(Fit) else None,
        masked=told.get("masked") is True,
        mask_blur=whole(saved.get("mask_blur")),
        inverted=saved.get("invert_mask") is True,
        only_masked=area == MaskedArea.MASKED,
        outpaint=_read(Margins, told.get("outpaint")),
        upscale=_read(Upscale, told.get("upscale")),
    )


def _decoder(said: str | None) -> Decoder | None:
    """Return what decoded it; a file of before there was a choice says nothing of that."""
    return Decoder(said) if said in set(Decoder) else None


def _read(kind: type[M], said: object) -> M | None:
    """Return the `kind` of thing that `said` is; whoever edits a file may write anything there."""
    try:
        return kind.model_validate(said) if isinstance(said, dict) else None
    except ValidationError:
        return None


def _shapes(told: object) -> Iterator[str]:
    """Yield how it was drawn by each shape, for people."""
    for one in told[:MAX_CONTROLS] if isinstance(told, list) else []:
        if name := written(inner(one).get("name")):
            scale = number(inner(one).get("scale"))
            yield name if scale is None else f"{name}, scale {scale:g}"


def _loras(told: object) -> Iterator[LoraUse]:
    """Yield those that can be meant; whoever edits a file may write anything there."""
    for one in told[:MAX_LORAS] if isinstance(told, list) else []:
        with suppress(ValidationError):
            yield LoraUse.model_validate(one)


def _place(generation_id: object, index: int | None) -> tuple[str, int] | None:
    """Return of which generation it is an image, and which one; whoever edits a file may write anything there."""
    if not isinstance(generation_id, str) or not _ID.fullmatch(generation_id):
        return None
    return (generation_id, index) if index is not None and 0 <= index < _MOST_IMAGES else None

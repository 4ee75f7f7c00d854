"""Our own files: the JSON in the XMP packet (`backend.images.metadata`), which says everything.

The packet is searched, not parsed: an XML parser would do what a hostile packet asks of it.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import unescape

from backend.restorations.found import Found, Texts, inner, number, record, whole, written
from backend.restorations.schemas import Source

_BEGIN: Final = "<atelier:generation>"
_END: Final = "</atelier:generation>"


def read(texts: Texts) -> Found | None:
    """Return what our own JSON says, if it is there."""
    _, begun, behind = texts.get("xmp", "").partition(_BEGIN)
    said, ended, _ = behind.partition(_END)
    saved = inner((record(unescape(said)) or {}).get("parameters")) if begun and ended else {}
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
    )

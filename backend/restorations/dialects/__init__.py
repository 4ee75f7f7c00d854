"""One module a dialect, each with `read(texts) -> Found | None`. The order here is the order of asking.

A picture can speak several: ours carries an infotext for other tools, ComfyUI's nodes may write one beside the graph.
Whoever says more is asked first; `parameters` that begin with a brace are JSON, and an infotext otherwise.
"""

from __future__ import annotations

from typing import Final

from backend.restorations.dialects import a1111, atelier, comfyui, fooocus, invokeai, swarmui
from backend.restorations.found import Found, Texts

_ORDER: Final = (
    atelier.read, swarmui.read, fooocus.read, invokeai.read, a1111.read, comfyui.read,
)  # fmt: skip
_JSON_TEXTS: Final = ("parameters", "invokeai_metadata", "prompt")


def read(texts: Texts) -> Found | None:
    """Return what the first dialect that understands `texts` reads in them."""
    return next((found for each in _ORDER if (found := each(texts))), None)


def read_pasted(text: str) -> Found | None:
    """Return what `text` says, which may be any text that a picture would carry."""
    return read(dict.fromkeys(_JSON_TEXTS, text))

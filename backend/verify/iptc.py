"""IPTC's words for where a picture comes from, as anybody's file may write them."""

from __future__ import annotations

import re
from typing import Final

from backend.images import metadata

# As an element, an attribute or a resource, whatever the prefix is. Every repetition is bounded: the text is anybody's.
_SOURCE_TYPE: Final = re.compile(
    r"""DigitalSourceType(?:\s{1,20}\w{1,20}:resource)?\s{0,20}[=>]\s{0,20}["']?\s{0,20}([^\s"'<>]{1,200})"""
)
_MOST: Final = 64


def is_ai(source_type: str | None) -> bool:
    """Return whether IPTC's word (a URL) says that a model drew the picture, or a part of it."""
    return _bare(source_type) in {_DRAWN, _PARTLY}


def part_of(source_type: str | None) -> str:
    """Return what a model had to do with it: `drawn`, `partly`, `enlarged`, or `nothing` that it says."""
    parts = {_DRAWN: "drawn", _PARTLY: "partly", _ENLARGED: "enlarged"}
    return parts.get(_bare(source_type), "nothing")


def xmp_says_ai(xmp: str) -> bool:
    """Return whether an XMP packet says that a model drew the picture, or a part of it."""
    found = (match[1] for match, _ in zip(_SOURCE_TYPE.finditer(xmp), range(_MOST), strict=False))
    return any(map(is_ai, found))


def _bare(source_type: str | None) -> str:
    return (source_type or "").removeprefix("http://").removeprefix("https://")


_DRAWN: Final = _bare(metadata.TRAINED_ALGORITHMIC_MEDIA)
_PARTLY: Final = _bare(metadata.COMPOSITE)
_ENLARGED: Final = _bare(metadata.ENHANCED)

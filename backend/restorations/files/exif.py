"""The few texts of an Exif block that tools write settings into, under the names they have in a PNG.

* `UserComment` holds what a PNG calls `parameters` (A1111, Fooocus, ours), `MakerNote` its `fooocus_scheme`.
* `Make` and `Model` hold `workflow:{…}` and `prompt:{…}` (ComfyUI), or the `parameters` of SwarmUI.

Reads two directories of a TIFF and follows no other pointer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

MOST_ENTRIES: Final = 256
_ORDERS: Final = {b"II": "<", b"MM": ">"}
_MAKE, _MODEL, _SUBDIRECTORY, _MAKER_NOTE, _COMMENT = 0x010F, 0x0110, 0x8769, 0x927C, 0x9286
_TEXTS: Final = {_MAKE, _MODEL, _MAKER_NOTE, _COMMENT}
_ENTRY: Final = 12
_INSIDE: Final = 4  # a value of so many bytes stands in the entry itself
_BYTES: Final = {1, 2, 6, 7}  # the types of which a byte is one


def texts(block: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and text of what the block says; nothing where it is broken."""
    block = block.removeprefix(b"Exif\0\0")
    order = _ORDERS.get(block[:2])
    if order is None:
        return
    try:
        entries = list(_entries(block, order))
    except struct.error:
        return
    for tag, value in entries:
        yield from _named(tag, _decoded(value))


def _entries(block: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield tag and bytes of the texts of the first directory, and of the Exif directory that it names."""
    waiting = [struct.unpack_from(order + "I", block, 4)[0]]
    for start in waiting:
        [number] = struct.unpack_from(order + "H", block, start)
        for place in range(min(number, MOST_ENTRIES)):
            at = start + 2 + place * _ENTRY
            tag, kind, count, value = struct.unpack_from(order + "HHII", block, at)
            if tag == _SUBDIRECTORY and len(waiting) == 1:
                waiting.append(value)
            elif tag in _TEXTS and kind in _BYTES:
                begins = at + 8 if count <= _INSIDE else value
                yield tag, block[begins : begins + count]


def _named(tag: int, text: str) -> Iterator[tuple[str, str]]:
    if tag == _COMMENT:
        yield "parameters", text
    elif tag == _MAKER_NOTE:
        yield "fooocus_scheme", text
    elif text.startswith("{"):
        yield "parameters", text
    else:
        name, colon, value = text.partition(":")
        if colon and name in {"prompt", "workflow"}:
            yield name, value


def _decoded(value: bytes) -> str:
    """Read a text with or without the eight bytes that say its code, which many tools write wrongly."""
    for code in (b"ASCII\0\0\0", b"UNICODE\0", b"\0" * 8):
        value = value.removeprefix(code)
    even, odd = value[::2].count(0), value[1::2].count(0)
    if max(even, odd) * 8 > len(value):  # letters of UTF-16 have a zero before or behind them
        return value.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace").rstrip(
            "\0"
        )
    return value.decode(errors="replace").rstrip("\0")

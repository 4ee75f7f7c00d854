"""The texts of a JPEG: its Exif and XMP segments. Stops where the pixels begin."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import SEEK_CUR
from typing import IO, Final

from backend.restorations.files import exif

SIGNATURE: Final = b"\xff\xd8\xff"
MOST_SEGMENTS: Final = 2_000
_APP1: Final = 0xE1
_PIXELS: Final = {0xDA, 0xD9}
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


def texts(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield name and text of what the segments before the pixels say."""
    file.seek(2)
    for _ in range(MOST_SEGMENTS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in _PIXELS:  # noqa: PLR2004 - the format's own marks
            return
        size = struct.unpack(">H", head[2:])[0] - 2
        if head[1] == _APP1 and size > 0:
            yield from _texts_of(file.read(size))
        else:
            file.seek(max(0, size), SEEK_CUR)


def _texts_of(segment: bytes) -> Iterator[tuple[str, str]]:
    if segment.startswith(_EXIF):
        yield from exif.texts(segment)
    elif segment.startswith(_XMP):
        yield "xmp", segment[len(_XMP) :].decode(errors="replace")

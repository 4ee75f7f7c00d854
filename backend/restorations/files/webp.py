"""The texts of a WebP: its EXIF and XMP chunks. `backend.images.webp` is for our own files, whose pixels it copies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import SEEK_CUR
from typing import IO, Final

from backend.restorations.files import exif

MOST_CHUNKS: Final = 2_000
LARGEST_CHUNK: Final = 1_000_000
_HEAD: Final = 8


def texts(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield name and text of what the metadata chunks say."""
    file.seek(12)
    for _ in range(MOST_CHUNKS):
        head = file.read(_HEAD)
        if len(head) < _HEAD:
            return
        name, size = struct.unpack("<4sI", head)
        if name in {b"EXIF", b"XMP "} and size <= LARGEST_CHUNK:
            data = file.read(size)
            yield from (
                exif.texts(data) if name == b"EXIF" else [("xmp", data.decode(errors="replace"))]
            )
            file.seek(size % 2, SEEK_CUR)
        else:
            file.seek(size + size % 2, SEEK_CUR)

"""The texts that lie in a PNG, JPEG or WebP beside its pixels. No pixel is decoded, so nothing of a decoder's is at risk.

Whatever the container, a text goes by the name that it would have in a PNG: `parameters`, `prompt`,
`invokeai_metadata`, `fooocus_scheme`; the XMP packet goes by `xmp`. Names of ours for what Exif numbers stand in `exif`.
Every loop and every length here has a bound, and a file that breaks off says what it said until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, Final

from backend.restorations.files import jpeg, png, webp

MOST_TEXTS: Final = 64
MOST_CHARACTERS: Final = 4_000_000
_HEAD: Final = 12


def texts_in(file: IO[bytes]) -> dict[str, str] | None:
    """Return the texts in `file` by name, the first of each; None if it is no PNG, JPEG or WebP."""
    file.seek(0)
    read = _reader_of(file.read(_HEAD))
    if read is None:
        return None
    found: dict[str, str] = {}
    room = MOST_CHARACTERS
    for name, text in islice(read(file), MOST_TEXTS):
        room -= len(text)
        if room < 0:
            break
        found.setdefault(name, text)
    return found


def _reader_of(head: bytes) -> Callable[[IO[bytes]], Iterator[tuple[str, str]]] | None:
    if head.startswith(png.SIGNATURE):
        return png.texts
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.texts
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return webp.texts
    return None

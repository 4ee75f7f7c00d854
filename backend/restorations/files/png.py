"""The texts of a PNG: its tEXt, zTXt and iTXt chunks, and those of an eXIf chunk. Steps over everything else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import SEEK_CUR
from typing import IO, Final

from backend.restorations.files import exif

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS: Final = 20_000
LARGEST_TEXT: Final = 1_000_000
_HEAD: Final = 8
_SUM: Final = 4
_DEFLATE: Final = 0


def texts(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each chunk that carries one."""
    file.seek(len(SIGNATURE))
    for _ in range(MOST_CHUNKS):
        head = file.read(_HEAD)
        if len(head) < _HEAD:
            return
        size, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind in {b"tEXt", b"zTXt", b"iTXt", b"eXIf"} and size <= LARGEST_TEXT:
            yield from _texts_of(kind, file.read(size))
            file.seek(_SUM, SEEK_CUR)
        else:
            file.seek(size + _SUM, SEEK_CUR)


def _texts_of(kind: bytes, data: bytes) -> Iterator[tuple[str, str]]:
    if kind == b"eXIf":
        yield from exif.texts(data)
        return
    name, _, rest = data.partition(b"\0")
    if kind == b"tEXt":
        text: bytes | None = rest
    elif kind == b"zTXt":
        text = _inflated(rest[1:]) if rest[:1] == bytes([_DEFLATE]) else None
    else:
        text = _international(rest)
    if text is not None:
        yield name.decode("latin-1"), _decoded(text)


def _international(data: bytes) -> bytes | None:
    """Return the text of an iTXt chunk behind its name: two flags, a language and a translated name come first."""
    packed, method = data[:1], data[1:2]
    _language, _, rest = data[2:].partition(b"\0")
    _translated, _, text = rest.partition(b"\0")
    if packed == b"\0":
        return text
    return _inflated(text) if method == bytes([_DEFLATE]) else None


def _inflated(data: bytes) -> bytes | None:
    """Return what `data` unpacks to, or None if that is broken or longer than a text may be."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, LARGEST_TEXT)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else text


def _decoded(text: bytes) -> str:
    """Read UTF-8, which is what most tools write whatever the chunk; else the Latin-1 of the format."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")

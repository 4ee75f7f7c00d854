"""WebP files as boxes of chunks: metadata put in and taken out without touching a pixel.

Re-encoding would cost a hundred times more and change the bytes that were drawn. Knows the container
(RFC 9649) and nothing of what the metadata says. A C2PA manifest is a chunk of its own at the end, about the bytes before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

_XMP_FLAG, _EXIF_FLAG, _ALPHA_FLAG = 0x04, 0x08, 0x10
_RIFF_HEADER = 12
_CHUNK_HEADER = 8
_NAME = b"WEBP"
_MANIFEST = b"C2PA"

Chunk = tuple[bytes, bytes]


@dataclass(frozen=True)
class WebP:
    """A still WebP picture: its size in pixels, its picture chunks, its metadata, and the manifest that signs all of it."""

    width: int
    height: int
    has_alpha: bool
    picture: tuple[Chunk, ...]
    exif: bytes | None = None
    xmp: bytes | None = None
    manifest: bytes | None = None

    def with_metadata(self, *, exif: bytes | None, xmp: bytes | None) -> WebP:
        """Return the same picture with this metadata and no other, not signed: a manifest is about what was there before."""
        return replace(self, exif=exif, xmp=xmp, manifest=None)

    def to_bytes(self) -> bytes:
        """Return the file."""
        chunks = [(b"VP8X", self._header()), *self.picture]
        if self.exif is not None:
            chunks.append((b"EXIF", self.exif))
        if self.xmp is not None:
            chunks.append((b"XMP ", self.xmp))
        if self.manifest is not None:
            chunks.append((_MANIFEST, self.manifest))
        # Joined once: what is 8192 pixels a side has a hundred million bytes.
        parts = [part for chunk in chunks for part in _packed(*chunk)]
        size = len(_NAME) + sum(map(len, parts))
        return b"".join([b"RIFF", struct.pack("<I", size), _NAME, *parts])

    def _header(self) -> bytes:
        flags = (
            (_ALPHA_FLAG if self.has_alpha else 0)
            | (_EXIF_FLAG if self.exif is not None else 0)
            | (_XMP_FLAG if self.xmp is not None else 0)
        )
        size = (self.width - 1).to_bytes(3, "little") + (self.height - 1).to_bytes(3, "little")
        return struct.pack("<I", flags) + size


def parse(data: bytes) -> WebP:
    """Take a lossless WebP file apart.

    Raises:
        ValueError: It is not one, or it is cut short.
    """
    if data[:4] != b"RIFF" or data[8:_RIFF_HEADER] != b"WEBP":
        raise ValueError("not a WebP file")
    chunks = _chunks(data)
    named = dict(chunks)
    if b"VP8L" not in named:
        raise ValueError("not a lossless WebP file: it holds no VP8L chunk")
    width, height, has_alpha = _measured(named[b"VP8L"])
    metadata = {b"VP8X", b"EXIF", b"XMP ", _MANIFEST}
    picture = tuple(chunk for chunk in chunks if chunk[0] not in metadata)
    told = (named.get(name) for name in (b"EXIF", b"XMP ", _MANIFEST))
    return WebP(width, height, has_alpha, picture, *told)


def is_signed(data: bytes) -> bool:
    """Return whether the WebP file `data`, lossless or not, holds a manifest; whether that is true is not asked.

    Raises:
        ValueError: It is cut short.
    """
    return any(name == _MANIFEST for name, _, _ in _places(data))


def _chunks(data: bytes) -> list[Chunk]:
    return [(name, data[start:end]) for name, start, end in _places(data)]


def _places(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each chunk, and where its payload begins and ends."""
    end = _CHUNK_HEADER + int(struct.unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise ValueError("the WebP file is cut short")
    at = _RIFF_HEADER
    while at + _CHUNK_HEADER <= end:
        name, size = struct.unpack_from("<4sI", data, at)
        at += _CHUNK_HEADER
        if at + size > end:
            raise ValueError("the WebP file is cut short")
        yield name, at, at + size
        at += size + size % 2


def _measured(lossless: bytes) -> tuple[int, int, bool]:
    """Read width, height and alpha from the head of a VP8L chunk: 14 + 14 + 1 bits."""
    signature, bits = struct.unpack_from("<BI", lossless)
    if signature != 0x2F:  # noqa: PLR2004 - the format's own mark
        raise ValueError("the VP8L chunk is damaged")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _packed(name: bytes, payload: bytes) -> tuple[bytes, ...]:
    return name, struct.pack("<I", len(payload)), payload, b"\0" * (len(payload) % 2)

"""Files and bodies that somebody with bad intentions, or a bad camera, would send. All made here, by code.

Each says what it may be answered. What carries something that must not survive carries `CANARY`.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PIL import Image

CANARY = b"canary-7f3a91"
BOUNDARY = "ffffffff"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
MEGABYTE = 1_000_000
TAKEN, REFUSED, TOO_LARGE = (201,), (422,), (413,)
EITHER = (201, 422)


@dataclass(frozen=True)
class Hostile:
    """One thing to send. `size` is what it has to be once it is kept, where it is taken."""

    name: str
    answers: tuple[int, ...]
    body: Callable[[], bytes | Iterator[bytes]]
    content_type: str = FORM
    size: tuple[int, int] | None = None


def part(
    data: bytes,
    filename: str | bytes = "a.png",
    *,
    name: str = "file",
    content_type: str = "image/png",
    headers: bytes = b"",
) -> bytes:
    raw = filename if isinstance(filename, bytes) else filename.encode()
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="'.encode()
        + raw
        + f'"\r\nContent-Type: {content_type}\r\n'.encode()
        + headers
        + b"\r\n"
        + data
        + b"\r\n"
    )


END = f"--{BOUNDARY}--\r\n".encode()


def form(data: bytes, filename: str | bytes = "a.png", **how: Any) -> bytes:
    return part(data, filename, **how) + END


def png(width: int = 8, height: int = 8, *, extra: bytes = b"", raw: bytes | None = None) -> bytes:
    """Return a grey PNG with `extra` chunks before its pixels, which may be `raw`."""
    lines = raw if raw is not None else (b"\0" + b"\x80" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zlib.compress(lines, 1))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@lru_cache
def zeros(megabytes: int) -> bytes:
    """Return so many megabytes of nothing, packed; never held unpacked."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(b"\0" * MEGABYTE) for _ in range(megabytes)) + packer.flush()


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of so many pixels, all black."""
    packer = zlib.compressobj(1)
    line = b"\0" * (width + 1)
    packed = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )


def saved(picture: Any, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def colour(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Any:
    return Image.linear_gradient("L").resize(size).convert(mode)


def jpeg(**how: Any) -> bytes:
    return saved(colour(), "JPEG", **how)


def moving(kind: str) -> bytes:
    return saved(
        colour(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48), "red")] * 2
    )


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", b"<script>" + CANARY + b"</script>")
    return out.getvalue()


def exif(**tags: Any) -> bytes:
    found = Image.Exif()
    found[0x010E] = CANARY.decode()
    for number, value in tags.items():
        found[int(number[1:])] = value
    gps = found.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    gps[29] = CANARY.decode()
    return bytes(found.tobytes())


def segments(marker: int, data: bytes, number: int) -> bytes:
    """Return so many JPEG segments, to stand behind the start of an image."""
    return (struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data) * number


def inserted(into: bytes, what: bytes) -> bytes:
    return into[:2] + what + into[2:]


def icc(claimed: int, tags: int, length: int) -> bytes:
    """Return a colour profile that says to have `tags` tags and `claimed` bytes."""
    head = struct.pack(">I4sI4s4s4s12s4s", claimed, b"lcms", 0x04300000, b"mntr", b"RGB ", b"XYZ ",
                       b"\0" * 12, b"acsp")  # fmt: skip
    return (head.ljust(128, b"\0") + struct.pack(">I", tags) + CANARY * 100_000)[:length]


def jpeg_of_size(width: int, height: int) -> bytes:
    """Return a small JPEG whose header says another size."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_of_size(width: int, height: int) -> bytes:
    """Return an extended WebP whose canvas is said to be that large."""
    data = bytearray(saved(colour(mode="RGBA"), "WEBP", exif=exif()))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def many_scans(number: int) -> bytes:
    """Return a progressive JPEG whose last scan is there again and again."""
    data = saved(Image.new("RGB", (1000, 1000), "red"), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * number + data[-2:]


def wrong_sum() -> bytes:
    data = bytearray(png())
    data[-20] ^= 0xFF
    return bytes(data)


def of_many(number: int) -> bytes:
    return b"".join(part(png(), name=f"n{n}") for n in range(number)) + END


def endless_preamble() -> Iterator[bytes]:
    yield b"x" * 4096
    for _ in range(400):
        yield b"preamble without a boundary\r\n" * 1000


def without_length(megabytes: int) -> Iterator[bytes]:
    yield part(png())[:-2]
    for _ in range(megabytes):
        yield b"\0" * MEGABYTE
    yield b"\r\n" + END


def texts(kind: bytes, number: int) -> bytes:
    return b"".join(chunk(kind, b"k%d\0" % n + CANARY * 4000) for n in range(number))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
JS = b"*/=1;alert('" + CANARY + b"')/*"
NAMES = {
    "parent folders": "../../../../etc/passwd",
    "absolute": "/etc/cron.d/evil",
    "nul": b"a.php\0.png",
    "line ends": b"a.png\r\nX-Evil: 1",
    "quotes": 'a\\".png"; name="other',
    "right to left": "photo\u202egnp.exe",
    "not utf-8": b"\xff\xfe\xfd.png",
    "four thousand letters": "x" * 4000,
    "windows": "C:\\Windows\\CON",
    "markup": "<img src=x onerror=alert(1)>.png",
}

CORPUS = [
    Hostile("168 megapixels in a PNG", REFUSED, lambda: form(bomb(12_960, 12_960))),
    Hostile("16 megapixels, the most there may be", TAKEN, lambda: form(bomb(4000, 4000)), size=(2048, 2048)),
    Hostile("one pixel too many", REFUSED, lambda: form(bomb(4000, 4001))),
    Hostile("a PNG that says 2³¹ pixels wide", REFUSED, lambda: form(png(2**31 - 1, 2**31 - 1, raw=b"\0"))),
    Hostile("a PNG of no size", REFUSED, lambda: form(png(0, 0, raw=b""))),
    Hostile("a JPEG that says 65,500²", REFUSED, lambda: form(jpeg_of_size(65_500, 65_500))),
    Hostile("a WebP that says 16,383²", REFUSED, lambda: form(webp_of_size(16_383, 16_383))),
    Hostile("pixels that unpack to a gigabyte", EITHER,
            lambda: form(png(extra=chunk(b"IDAT", zeros(1000))))),
    Hostile("zTXt that unpacks to a gigabyte", EITHER,
            lambda: form(png(extra=chunk(b"zTXt", b"k\0\0" + zeros(1000))))),
    Hostile("iTXt that unpacks to a gigabyte", EITHER,
            lambda: form(png(extra=chunk(b"iTXt", b"k\0\x01\0\0\0" + zeros(1000))))),
    Hostile("iCCP that unpacks to a gigabyte", EITHER,
            lambda: form(png(extra=chunk(b"iCCP", b"k\0\0" + zeros(1000))))),
    Hostile("two hundred texts of 50 kB", EITHER, lambda: form(png(extra=texts(b"tEXt", 200)))),
    Hostile("a chunk of a type that nobody knows", EITHER,
            lambda: form(png(extra=chunk(b"eviL", CANARY * 1000)))),
    Hostile("a wrong sum", EITHER, lambda: form(wrong_sum())),
    Hostile("half a PNG", REFUSED, lambda: form(saved(colour((400, 300)), "PNG")[:200])),
    Hostile("half a JPEG", REFUSED, lambda: form(jpeg()[:-200])),
    Hostile("half a WebP", REFUSED, lambda: form(saved(colour(), "WEBP")[:-100])),
    Hostile("a moving PNG", REFUSED, lambda: form(moving("PNG"))),
    Hostile("a moving WebP", REFUSED, lambda: form(moving("WEBP"))),
    Hostile("a moving GIF", REFUSED, lambda: form(moving("GIF"))),
    Hostile("a TIFF", REFUSED, lambda: form(saved(colour(), "TIFF"))),
    Hostile("a BMP", REFUSED, lambda: form(saved(colour(), "BMP"))),
    Hostile("an MPO of two pictures", REFUSED, lambda: form(moving("MPO"))),
    Hostile("PostScript", REFUSED, lambda: form(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")),
    Hostile("an SVG with a script", REFUSED, lambda: form(SVG, content_type="image/svg+xml")),
    Hostile("HTML that is named .png", REFUSED, lambda: form(HTML)),
    Hostile("nothing at all", REFUSED, lambda: form(b"")),
    Hostile("a ZIP behind a JPEG", TAKEN, lambda: form(jpeg() + zipped()), size=(64, 48)),
    Hostile("JavaScript inside a JPEG", TAKEN,
            lambda: form(inserted(jpeg(), segments(0xFE, JS, 1))), size=(64, 48)),
    Hostile("PHP behind a PNG", TAKEN, lambda: form(png() + b"<?php " + CANARY), size=(8, 8)),
    Hostile("the place it was taken at", TAKEN, lambda: form(jpeg(exif=exif())), size=(64, 48)),
    Hostile("the place, in a WebP", TAKEN,
            lambda: form(saved(colour(), "WEBP", exif=exif())), size=(64, 48)),
    Hostile("the place, in a PNG", TAKEN,
            lambda: form(saved(colour(), "PNG", exif=exif())), size=(64, 48)),
    Hostile("Exif of eight megabytes", EITHER,
            lambda: form(png(extra=chunk(b"eXIf", (exif() + CANARY * 700_000)[: 8 * MEGABYTE])))),
    Hostile("a hundred Exif segments", EITHER,
            lambda: form(inserted(jpeg(), segments(0xE1, b"Exif\0\0" + CANARY * 5000, 100)))),
    Hostile("a picture that lies on its side", TAKEN,
            lambda: form(jpeg(exif=exif(_274=6))), size=(48, 64)),
    Hostile("an orientation that there is not", TAKEN,
            lambda: form(jpeg(exif=exif(_274=60_000))), size=(64, 48)),
    Hostile("a JPEG in CMYK", TAKEN, lambda: form(saved(colour(mode="CMYK"), "JPEG")), size=(64, 48)),
    Hostile("sixteen bits a channel", TAKEN,
            lambda: form(saved(Image.new("I;16", (9, 7), 32768), "PNG")), size=(9, 7)),
    Hostile("a palette with a hole", TAKEN,
            lambda: form(saved(colour(mode="P"), "PNG", transparency=0)), size=(64, 48)),
    Hostile("one pixel", TAKEN, lambda: form(png(1, 1)), size=(1, 1)),
    Hostile("1 × 65,535", TAKEN, lambda: form(bomb(1, 65_535)), size=(1, 2048)),
    Hostile("a colour profile that lies", EITHER,
            lambda: form(jpeg(icc_profile=icc(2**32 - 1, 2**32 - 1, 60_000)))),
    Hostile("a colour profile of a megabyte", EITHER,
            lambda: form(jpeg(icc_profile=icc(1_000_000, 100, 1_000_000)))),
    Hostile("three hundred scans", EITHER, lambda: form(many_scans(300))),
    Hostile("a type that it is not", TAKEN,
            lambda: form(png(), content_type="application/x-msdownload"), size=(8, 8)),
    *(
        Hostile(f"a name: {what}", EITHER, lambda name=name: form(png(), name))  # type: ignore[misc]
        for what, name in NAMES.items()
    ),
    Hostile("no part", REFUSED, lambda: END),
    Hostile("an empty body", REFUSED, lambda: b""),
    Hostile("a part of another name", REFUSED, lambda: form(png(), name="mask")),
    Hostile("a field in place of a file", REFUSED,
            lambda: f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'.encode() + END),
    Hostile("a part without a name", REFUSED, lambda: f"--{BOUNDARY}\r\nX: y\r\n\r\nx\r\n".encode() + END),
    Hostile("two files", REFUSED, lambda: part(png()) + form(png())),
    Hostile("ten thousand files", REFUSED, lambda: of_many(10_000)),
    Hostile("a header of a megabyte", REFUSED,
            lambda: form(png(), headers=b"X-Long: " + b"x" * MEGABYTE + b"\r\n")),
    Hostile("a thousand headers", REFUSED, lambda: form(png(), headers=b"X-A: b\r\n" * 1000)),
    Hostile("a form that never ends", REFUSED, lambda: part(png())),
    Hostile("an endless preamble", (422, 413), endless_preamble),
    Hostile("no boundary", REFUSED, lambda: form(png()), "multipart/form-data"),
    Hostile("a boundary of a thousand letters", REFUSED, lambda: form(png()),
            f"multipart/form-data; boundary={'b' * 1000}"),
    Hostile("letters that are none", TAKEN, lambda: form(png()), f"{FORM}; charset=hex"),
    Hostile("larger than allowed", TOO_LARGE, lambda: form(b"\0" * 13 * MEGABYTE)),
    Hostile("larger than allowed, without saying so", TOO_LARGE, lambda: without_length(13)),
    Hostile("JSON", (415,), lambda: b'{"file": "x"}', "application/json"),
    Hostile("a plain form", (415,), lambda: b"file=x", "application/x-www-form-urlencoded"),
    Hostile("text", (415,), lambda: b"x", "text/plain"),
]  # fmt: skip

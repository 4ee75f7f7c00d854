"""An image as another kind of file, made when it is asked for: PNG and JPEG beside the WebP that is kept.

What the WebP says about itself goes along: PNG has chunks for it (A1111's `parameters`, our JSON as `atelier`,
the AI mark as XMP), JPEG has the same Exif and XMP. A clean file says nothing of these, so neither does its copy.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from anyio import to_thread
from fastapi import Response
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from starlette.types import Receive, Scope, Send

from backend.images import metadata
from backend.images.schemas import Format
from backend.kit.places import places

JPEG_QUALITY: Final = 92
# Drawing shares the machine: whoever wants files of other kinds waits for each other, not everybody for them.
AT_ONCE: Final = 1
# A segment of a JPEG holds 64 kB less its own head.
_MOST_XMP: Final = 65_000

# Of more pixels than these a PNG would take minutes to be packed as tightly as a small one is.
_LARGE: Final = 2048 * 2048

_places = places("atelier_images_converted", AT_ONCE)


class Converted(Response):
    """An answer whose body is converted once the request's session is closed, when it is this one's turn."""

    def __init__(self, data: bytes, kind: Format, headers: dict[str, str]) -> None:
        super().__init__()
        self._data = data
        self._kind = kind
        self._told = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Convert, then answer."""
        body = await to_thread.run_sync(converted, self._data, self._kind, limiter=_places())
        answer = Response(body, media_type=self._kind.content_type, headers=self._told)
        await answer(scope, receive, send)


def converted(data: bytes, kind: Format) -> bytes:
    """Return a WebP file of ours as `kind`, saying what it says."""
    if kind is Format.WEBP:
        return data
    with Pillow.open(BytesIO(data), formats=["WEBP"]) as picture:
        picture.load()
        return _png(picture) if kind is Format.PNG else _jpeg(picture)


def _png(picture: Pillow.Image) -> bytes:
    xmp = picture.info.get("xmp", b"")
    told = PngInfo()
    if comment := metadata.comment_in(picture):
        told.add_text("parameters", comment)  # iTXt by itself where a letter is not Latin-1
    if generation := metadata.generation_in(xmp):
        told.add_itxt("atelier", generation)
    told.add_itxt("XML:com.adobe.xmp", metadata.ai_mark(metadata.source_type_in(xmp)).decode())
    out = BytesIO()
    packing = {"compress_level": 1} if picture.width * picture.height > _LARGE else {}
    picture.save(out, "PNG", pnginfo=told, exif=b"", **packing)
    return out.getvalue()


def _jpeg(picture: Pillow.Image) -> bytes:
    xmp, exif = picture.info.get("xmp", b""), picture.info.get("exif", b"")
    out = BytesIO()
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    plain.save(
        out,
        "JPEG",
        quality=JPEG_QUALITY,
        exif=metadata.as_jpeg_has_it(exif),
        xmp=xmp if 0 < len(xmp) <= _MOST_XMP else metadata.ai_mark(metadata.source_type_in(xmp)),
    )
    return out.getvalue()

"""An image as another kind of file, made when it is asked for: PNG and JPEG beside the WebP that is kept.

What the WebP says about itself goes along: PNG has chunks for it (A1111's `parameters`, our JSON as `atelier`,
the AI mark as XMP), JPEG has the same Exif and XMP. A clean file says nothing of these, so neither does its copy.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from backend.images import metadata
from backend.images.schemas import Format
from backend.kit.turns import LARGE_PIXELS

JPEG_QUALITY: Final = 92
# A segment of a JPEG holds 64 kB less its own head.
_MOST_XMP: Final = 65_000


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
    # A large one would take minutes to be packed as tightly as a small one is.
    packing = {"compress_level": 1} if picture.width * picture.height > LARGE_PIXELS else {}
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

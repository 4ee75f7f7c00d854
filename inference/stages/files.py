"""The files of given pictures: opened upright, or only measured. Knows nothing of what is drawn over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from inference.protocol import InvalidParameters

FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_PIXELS: Final = 32_000_000
Size = tuple[int, int]

_ON_ITS_SIDE: Final = frozenset({5, 6, 7, 8})


def opened(field: str, file: bytes, ground: str = "white") -> Image.Image:
    """Return the picture in `file`, upright, on `ground` where it is transparent.

    Raises:
        InvalidParameters: It is no picture, or has too many pixels.
    """
    with _reading(field, file) as picture:
        upright = ImageOps.exif_transpose(picture)
        if not upright.has_transparency_data:
            return upright
        clear = upright.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, ground), clear)


def measured(field: str, file: bytes) -> Size:
    """Return how wide and how high the picture in `file` is when upright; only its header is read.

    Raises:
        InvalidParameters: It is no picture, or has too many pixels.
    """
    with _reading(field, file) as picture:
        # A PNG that does not say so at its beginning would be read to its end to find out.
        told = picture.format != "PNG" or "exif" in picture.info
        turned = told and picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
        return (picture.height, picture.width) if turned else picture.size


@contextmanager
def _reading(field: str, file: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(BytesIO(file), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise InvalidParameters(
                    f"pictures.{field} has {picture.width}×{picture.height} pixels; send one of at most {MAX_PIXELS}"
                )
            yield picture
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidParameters(
            f"pictures.{field} cannot be read as a picture; send a PNG, JPEG or WebP file"
        ) from error

"""A program of its own: reads a picture from its input, writes nothing but its pixels to its output.

    python -I ../kit/confined.py decoder.py MAX_PIXELS LONGEST_SIDE < any.png > clean.webp 2> report.json

It runs with no environment, little memory and little time, once for each file: what a hostile picture can
break is this. Its last line is one JSON object: `{"width", "height"}`, or `{"refused": why}`.
Imports Pillow and the standard library; knows nothing of the studio.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from io import BytesIO
from typing import Any, Final

FORMATS: Final = ("PNG", "JPEG", "WEBP")
_SIXTEEN_BITS: Final = ("I", "I;16", "I;16B", "I;16L", "F")


class Refused(Exception):
    """The file is not one that we take; the words are for the person who sent it."""


def clean(data: bytes, *, max_pixels: int, longest: int) -> tuple[bytes, int, int]:
    """Return the picture in `data` as a lossless WebP without metadata, and its width and height.

    Raises:
        Refused: It is not a still PNG, JPEG or WebP of at most `max_pixels`, or it is damaged.
    """
    from PIL import Image, ImageFile  # noqa: PLC0415 - after the limits

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None  # ours is smaller, and asked before a pixel is decoded
    picture = _opened(Image, data)
    _check(picture, max_pixels)
    try:
        picture.draft("RGB", (longest, longest))  # a JPEG can be decoded at half its size
        picture.load()
        upright = _upright(_in_srgb(_eight_bits(picture)))
    except MemoryError as error:
        raise Refused("takes more memory to decode than is given") from error
    except Exception as error:  # whatever a decoder may say of a hostile file
        raise Refused("is damaged or cut short") from error
    upright.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    bare = Image.frombytes(upright.mode, upright.size, upright.tobytes())
    out = BytesIO()
    bare.save(out, "WEBP", lossless=True, quality=0, method=0)
    return out.getvalue(), *bare.size


def _opened(image: Any, data: bytes) -> Any:  # noqa: ANN401 - Pillow's
    try:
        return image.open(BytesIO(data), formats=FORMATS)
    except MemoryError as error:
        raise Refused("takes more memory to decode than is given") from error
    except Exception as error:
        raise Refused("is not a PNG, JPEG or WebP picture") from error


def _check(picture: Any, max_pixels: int) -> None:  # noqa: ANN401
    """Look at what the header says, before anything is decoded."""
    width, height = picture.size
    if width * height > max_pixels:
        raise Refused(f"is {width}×{height} pixels; at most {max_pixels / 1e6:g} million are taken")
    if getattr(picture, "n_frames", 1) != 1 or picture.format not in FORMATS:
        raise Refused("holds several pictures; send a single still one")


def _eight_bits(picture: Any) -> Any:  # noqa: ANN401
    """Return `picture` with 8 bits a channel: RGB, RGBA, or what its colour profile is about."""
    if picture.mode in _SIXTEEN_BITS:
        return picture.point(lambda value: value / 256).convert("L")
    if "transparency" in picture.info or picture.mode in {"LA", "PA", "La"}:
        return picture.convert("RGBA")
    if picture.mode in {"P", "1"}:
        return picture.convert("RGB")
    return picture


def _in_srgb(picture: Any) -> Any:  # noqa: ANN401
    """Return `picture` in sRGB, by its own profile where that can be read."""
    alpha = picture.mode == "RGBA"
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "RGBA", "CMYK", "L"}:
        from PIL import ImageCms  # noqa: PLC0415

        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            mode = "RGBA" if alpha else "RGB"
            return ImageCms.profileToProfile(picture, own, srgb, outputMode=mode)
    return picture.convert("RGBA" if alpha else "RGB")


def _upright(picture: Any) -> Any:  # noqa: ANN401
    """Turn `picture` as its camera says; one that says it in a broken way stays as it lies."""
    from PIL import ImageOps  # noqa: PLC0415

    with suppress(Exception):
        return ImageOps.exif_transpose(picture)
    return picture


def main(max_pixels: int, longest: int) -> int:
    """Decode the input; return the exit status."""
    try:
        data, width, height = clean(sys.stdin.buffer.read(), max_pixels=max_pixels, longest=longest)
    except Refused as refused:
        _say({"refused": str(refused)})
        return 1
    except MemoryError:
        _say({"refused": "takes more memory to decode than is given"})
        return 1
    sys.stdout.buffer.write(data)
    _say({"width": width, "height": height})
    return 0


def _say(report: dict[str, Any]) -> None:
    sys.stderr.write("\n" + json.dumps(report))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))

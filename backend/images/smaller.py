"""The smaller copies of an image: a preview of 640 px and a thumb of 320, also of what has 8192 pixels a side.

A WebP can be decoded only as a whole: 4 bytes a pixel, a few times over. So large ones wait for each other here, are
decoded once for both copies, and are brought near the size by whole numbers first, which needs no second large picture.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image as Pillow

from backend.kit.turns import turn_of

PREVIEW_PX: Final = 640
THUMB_PX: Final = 320
_GAP: Final = 3.0  # how much larger than wanted it is still resampled well from (Pillow's advice)


def copies(data: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """Return the preview and the thumb of the WebP `data`, both saying `mark`; a smaller picture is not enlarged."""
    with Pillow.open(BytesIO(data), formats=["WEBP"]) as picture, turn_of(*picture.size):
        picture.thumbnail((PREVIEW_PX, PREVIEW_PX), Pillow.Resampling.LANCZOS, reducing_gap=_GAP)
        # Alpha would be lost without a background; what is drawn here has none.
        preview = picture.convert("RGB")
    thumb = preview.copy()
    thumb.thumbnail((THUMB_PX, THUMB_PX), Pillow.Resampling.LANCZOS)
    return _saved(preview, mark), _saved(thumb, mark)


def _saved(copy: Pillow.Image, mark: bytes) -> bytes:
    out = BytesIO()
    copy.save(out, "WEBP", quality=82, method=4, xmp=mark)
    return out.getvalue()

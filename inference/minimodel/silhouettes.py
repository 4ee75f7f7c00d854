"""Reads by colour alone where the garment is in a picture, and compares it with where it was to be.

No network looks: what differs from the border's colour is the garment. Made for plain backgrounds and ink outlines.
"""

from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from inference.minimodel.scribbles import Mask, enclosed

THRESHOLD: Final = 32
_BORDER: Final = 4
_CLOSED: Final = 3  # the filter that closes gaps of a pixel in the outline
_OUTER: Final = 2  # pixels of the ink line that lie outside of the shape it goes round


def read_silhouette(picture: Image.Image, threshold: int = THRESHOLD) -> Mask:
    """Where the garment is, bool (H, W).

    All that what differs from the border's colour encloses, less the outer half of the ink line around it.
    """
    pixels = np.asarray(picture.convert("RGB"), np.int16)
    edge = np.concatenate([pixels[:_BORDER], pixels[-_BORDER:]]).reshape(-1, 3)
    far = np.abs(pixels - np.median(edge, axis=0)).max(axis=2) >= threshold
    closed = _image(far).filter(ImageFilter.MaxFilter(_CLOSED))
    inside = _image(enclosed(np.asarray(closed) > 0))
    found: Mask = np.asarray(inside.filter(ImageFilter.MinFilter(_CLOSED + 2 * _OUTER))) > 0
    return found


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 0 if both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0


def _image(mask: Mask) -> Image.Image:
    return Image.fromarray(mask.astype(np.uint8) * 255)

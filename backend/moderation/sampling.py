"""Which released images people look at by chance: the only way to learn what the safety check lets through.

The lot is a digest of the image's id, which nobody chooses: the same in every process and at every later look, and a
larger share takes further images in without letting any go.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from backend.moderation.models import Flag
from backend.moderation.schemas import FlagOrigin
from backend.policies.schemas import Severity

BY_CHANCE: Final = "Chosen by chance among released images, to see what the safety check misses."
_ALL: Final = 1 << 64


def is_sampled(image_id: str, share: float) -> bool:
    """Return whether an image is one of the `share` (0 to 1) of all that are looked at."""
    digest = sha256(f"sample {image_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * _ALL


def sample_of(image_id: str) -> Flag:
    """Return the flag of an image that was chosen; it holds nothing."""
    return Flag(
        image_id=image_id, reason=BY_CHANCE, origin=FlagOrigin.SAMPLE, severity=Severity.LOW
    )

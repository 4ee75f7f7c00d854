"""What the signature around an image vouches for. No prompt and no person: a manifest goes wherever the file goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LARGEST_LOOKUP: Final = 2**32 - 1


@dataclass(frozen=True)
class Claim:
    """Where one image comes from.

    `lookup` (0 to 2³² - 1) finds its row, and is `hidden` in its pixels too where they are large enough; `source_type` is
    IPTC's word (a URL); `weights_sha256` is the digest of the model that drew.
    """

    lookup: int
    hidden: bool
    source_type: str
    model: str
    weights_sha256: str
    software: str


@dataclass(frozen=True)
class Parent:
    """The picture that an image was drawn over.

    `data` is a file of ours (`content_type` image/webp), or what `reading.kept_of` kept of an upload's own manifest
    (application/c2pa).
    """

    data: bytes
    content_type: str

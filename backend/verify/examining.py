"""Gathers what speaks for and against a picture. What is dangerous about a file happens in processes of their own.

Anybody may send files, so few are looked at and few wait: beyond that there is no room, which the answer says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Final

import numpy as np
from anyio import to_thread
from PIL import Image as Pillow

from backend.kit.errors import Busy, FieldProblem, Unprocessable
from backend.kit.keyring import ring_of
from backend.kit.places import places
from backend.kit.settings import Settings
from backend.provenance import reading, watermark
from backend.provenance.authority import Authority, authority_of
from backend.provenance.lookup import hiding_keys
from backend.provenance.reading import Credentials
from backend.provenance.watermark import Found
from backend.restorations.files import texts_in
from backend.uploads.decoding import Picture, decode
from backend.verify.iptc import xmp_says_ai

AT_ONCE: Final = 2
MOST_WAITING: Final = 16
_RETRY_S: Final = 5
_HEAD: Final = 12
_XMP: Final = ("xmp", "XML:com.adobe.xmp")  # the second is what it is called in a PNG

_examined = places("atelier_verify_examined", AT_ONCE)
_looked_into = places("atelier_verify_looked_into", AT_ONCE)


@dataclass(frozen=True)
class Evidence:
    """All that a file shows. `fits` says whether its pixels are enough to hide something in."""

    signature: Credentials
    found: Found | None
    says_ai: bool
    fits: bool

    @property
    def lookup(self) -> int | None:
        """What leads to its row, by its signature or by its pixels; a signature errs less."""
        if self.signature.lookup is not None:
            return self.signature.lookup
        return self.found.lookup if self.found else None


async def examine(file: IO[bytes], authority: Authority, keys: Sequence[bytes]) -> Evidence:
    """Return what the picture in `file` shows, when it is this one's turn.

    `keys` are those that the studio hides marks by, or has.

    Raises:
        Unprocessable: It is no picture that we take.
        Busy: As many wait as may.
    """
    limiter = _examined()
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise Busy(
            f"{MOST_WAITING} pictures wait to be looked at already; try again in {_RETRY_S} s.",
            retry_after=_RETRY_S,
        )
    async with limiter:
        kind = content_type_of(file)
        picture = await decode(file)
        signature = await reading.read(file, kind, authority)
        says_ai = await to_thread.run_sync(_says_ai, file, limiter=_looked_into())
        found = await to_thread.run_sync(_hidden_in, picture, keys, limiter=_looked_into())
    return Evidence(signature, found, says_ai, watermark.fits(picture.width, picture.height))


async def examine_for(settings: Settings, file: IO[bytes]) -> Evidence:
    """Return what the picture in `file` shows to the studio of those settings; see `examine`."""
    authority = await to_thread.run_sync(authority_of, settings)
    return await examine(file, authority, hiding_keys(ring_of(settings)))


def content_type_of(file: IO[bytes]) -> str:
    """Return what kind of picture `file`, which has a descriptor, is by its first bytes; what its sender calls it does not count.

    Raises:
        Unprocessable: It is no PNG, JPEG or WebP.
    """
    file.seek(0)
    # By its descriptor, as the other processes read it: what `file` had read ahead would be missing from theirs.
    with open(file.fileno(), "rb", buffering=0, closefd=False) as unbuffered:
        head = unbuffered.read(_HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "image/webp"
    why, limit = "is not a PNG, JPEG or WebP picture", "a still PNG, JPEG or WebP"
    problem = FieldProblem(field="file", message=why, limit=limit)
    raise Unprocessable(f"file {why}; send {limit}", fields=[problem])


def _says_ai(file: IO[bytes]) -> bool:
    texts = texts_in(file) or {}
    return any(xmp_says_ai(texts.get(name, "")) for name in _XMP)


def _hidden_in(picture: Picture, keys: Sequence[bytes]) -> Found | None:
    with Pillow.open(BytesIO(picture.data), formats=("WEBP",)) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    return watermark.find(pixels, keys)

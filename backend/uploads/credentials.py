"""What a picture that is brought says of where it comes from: kept beside its pixels, for what is drawn over them.

The file itself is not kept, and neither is anything else that it says. Whose words these are is not asked: whoever reads the
signature of what is drawn over it does.
"""

from __future__ import annotations

import os
from typing import IO, Final

from backend.provenance import reading

_HEAD: Final = 12
_KINDS: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


async def credentials_in(file: IO[bytes]) -> bytes | None:
    """Return what is kept of the C2PA manifest in `file`, at most 16 kB, None: there is none, or it is too large."""
    kind = _kind_of(file)
    return await reading.kept_of(file, kind) if kind else None


def _kind_of(file: IO[bytes]) -> str | None:
    # Past the buffer: who reads it next gets the descriptor, and a seek may stay inside the buffer.
    head = os.pread(file.fileno(), _HEAD, 0)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "image/webp"
    return next((kind for begins, kind in _KINDS.items() if head.startswith(begins)), None)

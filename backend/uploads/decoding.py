"""Has a file decoded in a process of its own (`decoder`), a few at once; reads what that says.

The process gets the file, two numbers and nothing else (`backend.kit.isolated`). If it is killed, by its limits or by
the file, the file is refused and the studio has not noticed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import IO, Final

from anyio import to_thread

from backend.kit import isolated
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.places import places
from backend.uploads import decoder

MAX_PIXELS: Final = 16_000_000
LONGEST_SIDE: Final = 2048
WITHIN_S: Final = 30.0
AT_ONCE: Final = 2

_log = logging.getLogger("atelier.uploads")
_places = places("atelier_uploads_decoded", AT_ONCE)


@dataclass(frozen=True)
class Picture:
    """A picture made anew from pixels: WebP, lossless, with no metadata. `credentials` are what its manifest said."""

    data: bytes
    width: int
    height: int
    credentials: bytes | None = None


async def decode(file: IO[bytes]) -> Picture:
    """Return the picture in `file`, when it is this one's turn.

    Raises:
        Unprocessable: It is no picture that we take.
    """
    return await to_thread.run_sync(_decode, file, limiter=_places(), abandon_on_cancel=False)


def _decode(file: IO[bytes]) -> Picture:
    words = (str(MAX_PIXELS), str(LONGEST_SIDE))
    try:
        ended = isolated.run(decoder.__file__, *words, file=file, within_s=WITHIN_S)
    except isolated.TooSlow as error:
        raise _refused("takes too long to decode") from error
    report = ended.report
    if ended.status == 0 and "width" in report:
        return Picture(ended.out, int(report["width"]), int(report["height"]))
    if "refused" not in report:
        _log.warning("a decoder ended with %d and no word", ended.status)
    raise _refused(str(report.get("refused", "could not be decoded")))


def _refused(why: str) -> Unprocessable:
    limit = "a still PNG, JPEG or WebP of at most 16 million pixels"
    return Unprocessable(
        f"file {why}; send {limit}", fields=[FieldProblem(field="file", message=why, limit=limit)]
    )

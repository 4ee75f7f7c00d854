"""Has a file decoded in a process of its own (`decoder`), a few at once; reads what that says.

The process gets the file, two numbers and nothing else: no environment, so no secret. If it is killed, by
its limits or by the file, the file is refused and the studio has not noticed.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from anyio import to_thread

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
    """A picture made anew from pixels: WebP, lossless, with no metadata."""

    data: bytes
    width: int
    height: int


async def decode(file: IO[bytes]) -> Picture:
    """Return the picture in `file`, when it is this one's turn.

    Raises:
        Unprocessable: It is no picture that we take.
    """
    return await to_thread.run_sync(_decode, file, limiter=_places(), abandon_on_cancel=False)


def _decode(file: IO[bytes]) -> Picture:
    file.seek(0)
    command = [
        sys.executable,
        "-I",
        str(Path(decoder.__file__)),
        str(MAX_PIXELS),
        str(LONGEST_SIDE),
    ]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, and nothing of the file's in its words
            command, stdin=file.fileno(), capture_output=True, timeout=WITHIN_S, env={}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refused("takes too long to decode") from error
    report = _report_of(ended.stderr)
    if ended.returncode == 0 and "width" in report:
        return Picture(ended.stdout, int(report["width"]), int(report["height"]))
    if "refused" not in report:
        _log.warning("a decoder ended with %d and no word", ended.returncode)
    raise _refused(str(report.get("refused", "could not be decoded")))


def _report_of(written: bytes) -> dict[str, Any]:
    """Return the decoder's last words; libraries may have said something before them."""
    last = written[written.rfind(b"{") :] if b"{" in written else b"{}"
    try:
        found: dict[str, Any] = json.loads(last)
    except ValueError:
        return {}
    return found


def _refused(why: str) -> Unprocessable:
    limit = "a still PNG, JPEG or WebP of at most 16 million pixels"
    return Unprocessable(
        f"file {why}; send {limit}", fields=[FieldProblem(field="file", message=why, limit=limit)]
    )

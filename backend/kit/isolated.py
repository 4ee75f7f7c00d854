"""Has a file that may be anybody's read by a program of its own, and hears what that says.

The program gets the file, a few words and nothing else: no environment, so no secret, and the limits of `confined`. If it
is killed, by them or by the file, the studio has not noticed. What it makes goes to its output; the last line that it
writes to its errors is one JSON object, its report.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from backend.kit import confined


class TooSlow(Exception):
    """It was ended: it took longer than it was given."""


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, its output and its report, {} if there is none."""

    status: int
    out: bytes
    report: dict[str, Any]


def run(program: str, *words: str, file: IO[bytes], within_s: float) -> Ended:
    """Run the program in the file `program` over `file`, which has a descriptor, from its beginning.

    Raises:
        TooSlow: Not within `within_s` seconds.
    """
    file.seek(0)
    command = [sys.executable, "-I", str(Path(confined.__file__)), program, *words]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, and nothing of the file's in its words
            command, stdin=file.fileno(), capture_output=True, timeout=within_s, env={}, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TooSlow from error
    return Ended(ended.returncode, ended.stdout, _report_of(ended.stderr))


def _report_of(written: bytes) -> dict[str, Any]:
    """Return the last line as JSON; libraries may have said something before it."""
    try:
        found = json.loads(written.rpartition(b"\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

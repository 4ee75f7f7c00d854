"""`python -m inference.caretaker FOLDER`: ends what names FOLDER once its starter is gone, however it went.

Ray's processes die with the one that started them; the HAProxy that Ray starts does not. This waits for
its standard input to close, which even a kill -9 of the starter does. Linux, as Ray's HAProxy is.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def watch_over(folder: Path) -> subprocess.Popen[bytes]:
    """Start a caretaker for `folder`; it begins when the returned process' standard input closes."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "inference.caretaker", str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is for its starter
    )


def clear(folder: Path) -> None:
    """Kill every process that was given a path inside `folder`, and remove it."""
    for pid in _given(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _given(folder: Path) -> Iterator[int]:
    inside = os.fsencode(f"{folder}/")
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
            if any(argument.startswith(inside) for argument in arguments):
                yield int(entry.name)


def main() -> None:
    """Wait for the end of the starter, then clear up after it."""
    folder = Path(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(folder)


if __name__ == "__main__":
    main()

"""A program of its own: takes little memory and time for itself, then runs another program with what is left.

    python -I confined.py PROGRAM WORDS… < file

Imports the standard library alone; `isolated` starts it.
"""

from __future__ import annotations

import runpy
import sys
from contextlib import suppress
from typing import Final

MEMORY_BYTES: Final = 1024 * 1024 * 1024
CPU_S: Final = 20


def limit_ourselves() -> None:
    """Take no more memory and time than any honest file needs, and write no file; where the system can say so."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - there is none on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    limit_ourselves()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")

"""What this machine is, for the head of a table; no host name and no path of it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

GIB = 2**30


def describe() -> str:
    """Return the cores this process may use, the processor's name, the memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    cores = len(os.sched_getaffinity(0))
    return f"{cores} × {_processor()}, {memory:.0f} GiB, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "CPU")

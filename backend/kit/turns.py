"""Large pictures wait for each other: a WebP can be decoded only as a whole, and 8192 × 8192 pixels take a gigabyte."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Final

LARGE_PIXELS: Final = 2048 * 2048
"""More than these, and one is decoded at a time: each takes about a gigabyte at 8192 × 8192."""

large: Final = threading.Lock()
"""Held by whoever has a large picture decoded."""


def turn_of(width: int, height: int) -> AbstractContextManager[object]:
    """Return what lets one large picture of this size, in pixels, through at a time, and small ones at once."""
    return large if width * height > LARGE_PIXELS else nullcontext()

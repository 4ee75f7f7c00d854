"""Where a browser may be sent after signing in: within the studio, nowhere else."""

from __future__ import annotations

import re

HOME = "/"
_LONGEST = 512  # it travels in a cookie of 4 kB, up to three at once

# One slash and then neither slash nor backslash; no control characters, which browsers drop, so that
# "/\t/evil.example" would become "//evil.example".
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def local_path(wanted: str) -> str:
    """Return `wanted` if it is a path inside the studio, else the studio's first page.

    Paths of the sign-in itself count as none: they would lead straight back to where one came from.
    """
    is_local = _LOCAL.fullmatch(wanted) is not None and len(wanted) <= _LONGEST
    return wanted if is_local and not wanted.startswith("/auth/") else HOME

"""Which of our modules a page needs, so that the browser may fetch them all at once.

By itself a browser learns of a module only from the one that imports it, and so waits once for each step of the way down.
Read from the modules themselves: `pages.js` says where each page begins, and each module what it imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from os.path import normpath
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from webui.static_files import FOLDER

MAIN: Final = "main.js"
_PAGE: Final = re.compile(r'"(/[\w?]*)": \(\) => import\("\./(pages/\w+\.js)"\)')
_IMPORTED: Final = re.compile(r'^(?:import|export)\b[^"]*"(\.[^"]+)";', re.MULTILINE)


@cache
def pages() -> dict[str, str]:
    """Return where each page begins: its address, with `?id` where one thing is a page of its own, and its module."""
    return dict(_PAGE.findall((FOLDER / "pages.js").read_text()))


def modules_at(path: str, query: bytes) -> list[str]:
    """Return the modules of the page at an address, below the folder of static files; none where no page is."""
    one = f"{path}?id"
    asks_for_one = one in pages() and "id" in parse_qs(query.decode("latin-1"))
    begins = pages().get(one if asks_for_one else path)
    return _modules_from(begins) if begins else []


@cache
def _modules_from(page: str) -> list[str]:
    needed = modules_from([FOLDER / MAIN, FOLDER / page])
    return sorted(module.relative_to(FOLDER).as_posix() for module in needed)


def modules_from(starts: Iterable[Path]) -> set[Path]:
    """Return these modules and all that they import to begin with."""
    found: set[Path] = set()
    left = list(starts)
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            left += [_beside(module, name) for name in _IMPORTED.findall(module.read_text())]
    return found


def _beside(module: Path, name: str) -> Path:
    return Path(normpath(module.parent / name))

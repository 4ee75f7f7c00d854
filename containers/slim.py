"""Takes out of installed packages what nothing here runs, then compiles what is left.

`python slim.py site-packages` says how much went. What a package imports stays: `make check-images` starts the images and draws with what is left.
"""

from __future__ import annotations

import compileall
import py_compile
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

UNUSED: Final = (
    "**/tests",  # pandas alone brings 46 MB of them
    "*/conftest.py",
    "**/*.map",  # of browser scripts
    "**/*.a",
    "**/*.rlib",  # c2pa's library a second time, for Rust's linker
    "gradio/templates/node",  # pages drawn by Node on the server, which there is none of
    "gradio/templates/frontend/static/ffmpeg",  # cuts videos in browsers
    "ray/jars",  # Ray for Java
    "ray/cpp",
    "ray/rllib",
    "torch/test",
    "torch/include",
    "torch/share",
    "torch/bin/protoc*",
    "torch/bin/test_*",
    "torch/bin/*Test",
)


def unused(site: Path) -> Iterator[Path]:
    """Yield each file and folder of `site` that may go."""
    for pattern in UNUSED:
        yield from site.glob(pattern)


def size(path: Path) -> int:
    """Return how many bytes a file or folder holds."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.lstat().st_size for one in files if not one.is_dir())


def remove(site: Path) -> int:
    """Remove what is unused; return how many bytes went."""
    gone = 0
    for path in list(unused(site)):
        if path.exists():
            gone += size(path)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return gone


def main(site: Path) -> None:
    """Make `site` slim and give it its bytecode."""
    sys.stdout.write(f"slim.py: {remove(site) / 1e6:.0f} MB that nothing here runs\n")
    # By hash and never looked at again: nothing in an image changes, and layers come out alike whenever they are made.
    compileall.compile_dir(
        site,
        quiet=2,
        workers=0,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

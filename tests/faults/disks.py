"""A small disk of its own, to be filled for real: a file system in memory that nobody else sees.

It is mounted in a mount namespace of its own, so that it is gone with the process that keeps it, however
the tests end. That takes root on Linux; elsewhere these tests are skipped, and fail under CI.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.tools import missing

PAGE = 4096
_MOUNT = 'mount -t tmpfs -o size="$2" small "$1" && echo mounted && exec cat'
_THERE = 'cd "$0" && exec "$@"'


class SmallDisk:
    """Seen at `inside` by whoever enters its namespace, at `outside` by this process."""

    def __init__(self, inside: Path, keeper: int) -> None:
        self.inside = inside
        self.outside = Path(f"/proc/{keeper}/root{inside}")
        self._enter = ("nsenter", "--mount", f"--target={keeper}", "sh", "-c", _THERE)
        self._filler = self.outside / "filler"

    def entering(self, folder: Path) -> tuple[str, ...]:
        """Return the words before a command that make it run where the disk is, in `folder`."""
        return (*self._enter, str(folder))

    def fill(self, leaving_pages: int = 0) -> None:
        """Leave room for that many pages of four kibibytes, and not for a byte more."""
        handle = os.open(self._filler, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        try:
            while _write_page(handle):
                pass
            os.truncate(handle, os.fstat(handle).st_size - leaving_pages * PAGE)
        finally:
            os.close(handle)

    def make_room(self) -> None:
        """Take away what `fill` put there."""
        self._filler.unlink()


@contextmanager
def small_disk(point: Path, size_kb: int) -> Iterator[SmallDisk]:
    """An empty disk of that size for as long as the block lasts."""
    point.mkdir()
    command = ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(point), f"{size_kb}k"]
    try:
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        missing("there is no unshare here; it comes with util-linux")
    with keeper:
        assert keeper.stdout
        assert keeper.stderr
        if keeper.stdout.readline() != "mounted\n":
            missing(f"a disk of its own needs root on Linux: {keeper.stderr.read().strip()}")
        yield SmallDisk(point, keeper.pid)


def _write_page(handle: int) -> bool:
    try:
        return os.write(handle, bytes(PAGE)) > 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False

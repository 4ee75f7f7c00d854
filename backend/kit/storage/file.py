"""Files in a folder of this machine. A file is there whole or not at all, also after a power cut."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from backend.kit.storage.naming import checked, checked_folder, is_key, key_of

_PART: Final = ".part-"
_PROBE: Final = ".check-"


class FileStorage:
    """Keeps files under one folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, *, suffix: str) -> str:
        """Store `data` durably and return its key."""
        key = key_of(data, suffix)
        path = self.folder / key
        try:
            os.utime(path)  # there already: it is as good as new
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, data)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`; FileNotFoundError when there are none."""
        return (self.folder / checked(key)).read_bytes()

    def delete(self, key: str) -> None:
        """Remove `key`; already gone is no error."""
        (self.folder / checked(key)).unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        """Return whether `key` is held."""
        return (self.folder / checked(key)).is_file()

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the keys in `folder`, such as `3f`."""
        found = (self.folder / checked_folder(folder)).glob("*")
        return filter(is_key, (f"{folder}/{path.name}" for path in found))

    def age(self, key: str) -> float:
        """Return how many seconds ago `key` was last put; FileNotFoundError when it is not there."""
        return _age(self.folder / checked(key))

    def size(self, key: str) -> int:
        """Return how many bytes `key` has; FileNotFoundError when it is not there."""
        return (self.folder / checked(key)).stat().st_size

    def remove_parts(self, older_than_s: float) -> int:
        """Remove what writers left that died while they wrote; return how many files that were."""
        left = chain(self.folder.glob(f"{_PROBE}*"), self.folder.glob(f"??/{_PART}*"))
        removed = 0
        for path in left:
            with suppress(FileNotFoundError):  # its writer was only slow, or another one looks too
                if _age(path) >= older_than_s:
                    path.unlink()
                    removed += 1
        return removed

    def check(self) -> None:
        """Raise OSError if nothing can be written now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, prefix=_PROBE) as probe:
            probe.write(b"atelier")
            probe.flush()


def _age(path: Path) -> float:
    return max(0.0, time.time() - path.stat().st_mtime)


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside, flush to the disk, then rename: a reader never meets half a file."""
    with NamedTemporaryFile(dir=path.parent, prefix=_PART, delete=False) as part:
        try:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(part.name).unlink()
            raise
    # The file's bytes are safe by now; these two make its *names* survive a power cut.
    _flush_folder(path.parent)
    _flush_folder(path.parent.parent)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to flush it
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

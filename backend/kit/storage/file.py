"""Files in a folder of this machine. A file is there whole or not at all, also after a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from backend.kit.storage.naming import checked, key_of


class FileStorage:
    """Keeps files under one folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, *, suffix: str) -> str:
        """Store `data` durably and return its key."""
        key = key_of(data, suffix)
        path = self.folder / key
        if not path.exists():
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

    def check(self) -> None:
        """Raise OSError if nothing can be written now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, prefix=".check-") as probe:
            probe.write(b"atelier")
            probe.flush()


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside, flush to the disk, then rename: a reader never meets half a file."""
    with NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
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

"""Files in an object store, through fsspec: `s3://bucket/prefix`, `gs://…`, `memory://…`.

Object stores make an object visible when its upload is complete, so a reader never meets half of one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from backend.kit.storage.naming import checked, key_of


class ObjectStorage:
    """Keeps files under one prefix of an fsspec file system."""

    def __init__(self, url: str) -> None:
        found: tuple[Any, str] = url_to_fs(url)
        self._files, root = found
        self._root = root.rstrip("/")

    def put(self, data: bytes, *, suffix: str) -> str:
        """Store `data` durably and return its key."""
        key = key_of(data, suffix)
        if not self.exists(key):
            self._files.pipe_file(self._path(key), data)
        return key

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`; FileNotFoundError when there are none."""
        found: bytes = self._files.cat_file(self._path(key))
        return found

    def delete(self, key: str) -> None:
        """Remove `key`; already gone is no error."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._path(key))

    def exists(self, key: str) -> bool:
        """Return whether `key` is held."""
        # Listings of an object store are cached by fsspec; another process may have written since.
        self._files.invalidate_cache()
        return bool(self._files.isfile(self._path(key)))

    def check(self) -> None:
        """Raise OSError if nothing can be written now."""
        probe = f"{self._root}/.check"
        self._files.pipe_file(probe, b"atelier")
        self._files.rm_file(probe)

    def _path(self, key: str) -> str:
        return f"{self._root}/{checked(key)}"


def protocol_of(url: str) -> str:
    """Return the fsspec protocol that `url` names.

    Raises:
        ValueError: No such protocol is known, or its package is not installed.
    """
    protocol = url.split(":", 1)[0]
    try:
        fsspec.get_filesystem_class(protocol)
    except (ImportError, ValueError) as error:
        raise ValueError(
            f"ATELIER_STORAGE_URL: cannot store at {url!r} ({error}); "
            "use file:FOLDER, or install the fsspec package of that store"
        ) from error
    return protocol

"""Files in an object store, through fsspec: `s3://bucket/prefix`, `gs://…`, `memory://…`.

Object stores make an object visible when its upload is complete, so a reader never meets half of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from backend.kit.storage.naming import checked, checked_folder, is_key, key_of


class ObjectStorage:
    """Keeps files under one prefix of an fsspec file system."""

    def __init__(self, url: str) -> None:
        found: tuple[Any, str] = url_to_fs(url)
        self._files, root = found
        self._root = root.rstrip("/")

    def put(self, data: bytes, *, suffix: str) -> str:
        """Store `data` durably and return its key."""
        key = key_of(data, suffix)
        # Also over the same bytes: there is no other way to make an object young again.
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

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the keys in `folder`, such as `3f`."""
        self._files.invalidate_cache()
        found: list[str] = self._files.find(f"{self._root}/{checked_folder(folder)}")
        return filter(is_key, (f"{folder}/{path.rsplit('/', 1)[-1]}" for path in found))

    def age(self, key: str) -> float:
        """Return how many seconds ago `key` was last put; FileNotFoundError when it is not there."""
        self._files.invalidate_cache()
        put: datetime = self._files.modified(self._path(key))
        put = put if put.tzinfo else put.replace(tzinfo=UTC)
        return max(0.0, (datetime.now(UTC) - put).total_seconds())

    def size(self, key: str) -> int:
        """Return how many bytes `key` has; FileNotFoundError when it is not there."""
        self._files.invalidate_cache()
        return int(self._files.size(self._path(key)))

    def remove_parts(self, older_than_s: float) -> int:  # noqa: ARG002
        """Do nothing: what an upload left that broke off is the store's own to forget."""
        return 0

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

"""Keeps files: written whole or not at all, named by what is in them.

A key is `sha256[:2]/sha256.ext`. Writing the same bytes twice is one file; a reader never meets half
a file; nothing here knows who may read it (`backend.images` asks that first), nor which files are still
needed (`backend.dispatch.retention` finds that out).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from backend.kit.storage.file import FileStorage
from backend.kit.storage.naming import shelves
from backend.kit.storage.objects import ObjectStorage, protocol_of

__all__ = ["Storage", "open_storage", "shelves"]


class Storage(Protocol):
    """The contract; every end passes `tests/conformance/test_storage.py`. Safe to call from threads."""

    def put(self, data: bytes, *, suffix: str) -> str:
        """Store `data` durably and return its key. `suffix` is such as `.webp`.

        What is there already becomes young again: `age` counts from now.
        """
        ...

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`.

        Raises:
            FileNotFoundError: There are none.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove `key`; already gone is no error."""
        ...

    def exists(self, key: str) -> bool:
        """Return whether `key` is held."""
        ...

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the keys in `folder`, one of two hexadecimal digits (see `shelves`); no other file."""
        ...

    def age(self, key: str) -> float:
        """Return how many seconds ago `key` was last put.

        Raises:
            FileNotFoundError: It is not held.
        """
        ...

    def size(self, key: str) -> int:
        """Return how many bytes `key` has.

        Raises:
            FileNotFoundError: It is not held.
        """
        ...

    def remove_parts(self, older_than_s: float) -> int:
        """Remove what writers left that died while they wrote; return how many files that were."""
        ...

    def check(self) -> None:
        """Raise OSError if nothing can be written now."""
        ...


def open_storage(url: str) -> Storage:
    """Open what `url` names: `file:FOLDER`, or any fsspec URL such as `s3://bucket/prefix`.

    Raises:
        ValueError: The URL names a store that is not known or not installed here.
    """
    if protocol_of(url) == "file":
        return FileStorage(Path(url.removeprefix("file:").removeprefix("//")))
    return ObjectStorage(url)

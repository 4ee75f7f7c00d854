"""Reads an image that lies in a folder as an OCI layout: its digest, its layers, the files that they come to.

Knows nothing of who built it, and needs no program beside Python to look into it.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

_GONE: Final = ".wh."  # a layer's word that a file of the layers below is no more
_ALL_GONE: Final = ".wh..wh..opq"


@dataclass(frozen=True)
class Layer:
    """A layer's file, and how many bytes of files are in it."""

    path: Path
    digest: str

    @property
    def packed(self) -> int:
        """Bytes that are pulled."""
        return self.path.stat().st_size

    def unpacked(self) -> int:
        """Return the bytes that its files take."""
        with tarfile.open(self.path) as archive:
            return sum(one.size for one in archive)


class Layout:
    """An image in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest of the one image in `folder`.

        Raises:
            ValueError: there is not exactly one, or it is for several kinds of machine.
        """
        self.folder = folder
        listed = json.loads((folder / "index.json").read_text())["manifests"]
        if len(listed) != 1:
            raise ValueError(f"{folder} holds {len(listed)} images; remove it and build one")
        self.digest: str = listed[0]["digest"]
        self.manifest: dict[str, Any] = self._json(self.digest)
        if "layers" not in self.manifest:
            raise ValueError(f"{folder} holds an index of images; build for one platform")
        self.config: dict[str, Any] = self._json(self.manifest["config"]["digest"])

    def blob(self, digest: str) -> Path:
        """Return the file of a digest, which begins with sha256:."""
        return self.folder.joinpath("blobs", *digest.split(":"))

    def layers(self) -> list[Layer]:
        """Return the layers, the lowest first."""
        return [Layer(self.blob(one["digest"]), one["digest"]) for one in self.manifest["layers"]]

    def environment(self) -> dict[str, str]:
        """Return the variables that a process in it begins with."""
        return dict(one.split("=", 1) for one in self.config["config"].get("Env", []))

    def unpack(self, target: Path) -> None:
        """Write the image's files into the empty folder `target`, with owners where this process may give them."""
        for layer in self.layers():
            with tarfile.open(layer.path) as archive:
                for member in archive:
                    _put(archive, member, target)

    def _json(self, digest: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.blob(digest).read_bytes())
        return found


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    path = PurePosixPath(member.name)
    place = target / path.parent
    if path.name == _ALL_GONE:
        _empty(place)
    elif path.name.startswith(_GONE):
        _remove(place / path.name.removeprefix(_GONE))
    elif not (member.ischr() or member.isblk()):
        there = target / path
        if there.is_symlink() or (there.exists() and not (there.is_dir() and member.isdir())):
            _remove(there)
        archive.extract(member, target, filter=_as_it_is)


def _as_it_is(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """Let nothing out of the folder, and keep every bit of the modes, of which Python's filters drop some."""
    return tarfile.tar_filter(member, folder).replace(mode=member.mode, deep=False)


def _empty(folder: Path) -> None:
    for one in _children(folder):
        _remove(one)


def _children(folder: Path) -> Iterator[Path]:
    yield from list(folder.iterdir()) if folder.is_dir() else []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

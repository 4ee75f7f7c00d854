"""Files of weights that somebody else made: only whole, plain safetensors inside their folder are opened.

A safetensors file is a length, a header in JSON and one block of bytes, and runs nothing when it is read. The
header is checked here before any library sees it. Imports no torch and opens no pickle, whatever its name.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

LARGEST_HEADER: Final = 25_000_000
_DTYPE_BYTES: Final = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
_PICKLES: Final = (b"\x80", b"PK\x03\x04")  # a bare one, and the archive that torch.save writes
_INDEX: Final = ".safetensors.index.json"


class RefusedFile(Exception):
    """A file of weights is not opened; the text names it and says why."""


class Entry(NamedTuple):
    """What the header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class Header(NamedTuple):
    """What the header of a file says: its tensors by name, and words about them."""

    tensors: dict[str, Entry]
    metadata: dict[str, str]


def inside(root: Path, file: Path) -> Path:
    """Return where `file`, relative to `root`, really lies.

    Raises:
        RefusedFile: It leads out of `root`, by its path or by a link, or is no plain file.
    """
    try:
        place = (root / file).resolve(strict=True)
        mode = place.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:
        raise RefusedFile(f"{file} cannot be opened: {_why(error)}") from None
    if file.is_absolute() or not place.is_relative_to(root.resolve()):
        raise RefusedFile(
            f"{file} leads out of the folder that it belongs to; put the file itself there"
        )
    if not stat.S_ISREG(mode):
        raise RefusedFile(f"{file} is no plain file")
    return place


def read_bounded(place: Path, name: str, most: int) -> bytes:
    """Return the bytes of a file, read once, so that what is checked is what is used.

    Raises:
        RefusedFile: It is larger than `most`, or cannot be read.
    """
    try:
        with place.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            data = b"" if size > most else opened.read(most + 1)
    except OSError as error:
        raise RefusedFile(f"{name} cannot be read: {_why(error)}") from None
    if max(size, len(data)) > most:
        raise RefusedFile(f"{name} has {size} bytes; at most {most} are read")
    return data


def header_of(opened: BinaryIO, size: int, name: str) -> Header:
    """Return what the header of an open file of `size` bytes says, once all of it fits together.

    Raises:
        RefusedFile: It is no safetensors file, or a damaged one.
    """
    lead = opened.read(8)
    length = int.from_bytes(lead, "little")
    if len(lead) < 8 or not 2 <= length <= min(LARGEST_HEADER, size - 8):  # noqa: PLR2004
        # Only here: the length of one header in 32 begins like a pickle. One that fits by chance is no JSON below.
        if lead.startswith(_PICKLES):
            raise RefusedFile(
                f"{name} is a pickle, which could run anything; convert it to safetensors"
            )
        raise RefusedFile(
            f"{name} is no safetensors file, or is cut short: its header does not fit"
        )
    told = _parsed(opened.read(length), name)
    metadata = told.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise RefusedFile(f"{name} has a damaged header: its metadata is no text")
    tensors = {key: _entry(key, value, name) for key, value in told.items()}
    _require_whole(tensors.values(), size - 8 - length, name)
    return Header(tensors, metadata)


def require_sound(directory: Path, files: Iterable[Path]) -> None:
    """Check every one of `files`, the weights in `directory`, and the indices of those in parts.

    Raises:
        RefusedFile: One leads out of the folder, is damaged, or an index names what is not beside it.
    """
    home = directory.resolve()
    for path in directory.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            raise RefusedFile(
                f"{path.relative_to(directory)} leads out of the folder; copy what it links to"
            )
    for file in files:
        place = inside(directory, file)
        try:
            with place.open("rb") as opened:
                header_of(opened, os.fstat(opened.fileno()).st_size, str(file))
        except OSError as error:
            raise RefusedFile(f"{file} cannot be read: {_why(error)}") from None
    for index in sorted(directory.rglob(f"*{_INDEX}")):
        _require_beside(directory, index.relative_to(directory))


def _require_beside(directory: Path, index: Path) -> None:
    place = inside(directory, index)
    told = _parsed(read_bounded(place, str(index), LARGEST_HEADER), str(index)).get("weight_map")
    parts = set(told.values()) if isinstance(told, dict) and _all_text(told) else None
    if parts is None:
        raise RefusedFile(f"{index} is damaged: it has no map of weights")
    for part in sorted(parts):
        if Path(part).name != part or not part.endswith(".safetensors"):
            raise RefusedFile(f"{index} names {part!r}, which is no safetensors file beside it")
        inside(directory, index.parent / part)


def _all_text(told: dict[Any, Any]) -> bool:
    return all(isinstance(value, str) for value in told.values())


def _parsed(text: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object in `text`; one with a key twice is two files to two readers."""
    try:
        told = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise RefusedFile(f"{name} has a damaged header, which is no JSON") from None
    if not isinstance(told, dict):
        raise RefusedFile(f"{name} has a damaged header, which is no JSON object")
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a key stands there twice")
    return told


def _entry(key: str, told: object, name: str) -> Entry:
    damaged = RefusedFile(f"{name} has a damaged header: {key[:200]!r} does not fit together")
    if not isinstance(told, dict) or set(told) != {"dtype", "shape", "data_offsets"}:
        raise damaged
    dtype, shape, offsets = told["dtype"], told["shape"], told["data_offsets"]
    if not isinstance(dtype, str) or not _numbers(shape) or not _numbers(offsets):
        raise damaged
    if dtype not in _DTYPE_BYTES:
        raise RefusedFile(f"{name} holds {key[:200]!r} as {dtype[:20]!r}, which is not read here")
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * _DTYPE_BYTES[dtype]:  # noqa: PLR2004
        raise damaged
    return Entry(dtype, tuple(shape), *offsets)


def _numbers(told: object) -> bool:
    return isinstance(told, list) and all(type(one) is int and one >= 0 for one in told)


def _require_whole(tensors: Iterable[Entry], size: int, name: str) -> None:
    """Check that the tensors fill the block of bytes: nothing overlaps, is missing or is hidden there."""
    place = 0
    for one in sorted(tensors, key=lambda entry: (entry.begin, entry.end)):
        if one.begin != place:
            raise RefusedFile(f"{name} has a damaged header: its tensors overlap or leave holes")
        place = one.end
    if place > size:
        raise RefusedFile(f"{name} is cut short: {place - size} bytes are missing")
    if place < size:
        raise RefusedFile(f"{name} has {size - place} bytes that belong to no tensor")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()


class SmallFile(NamedTuple):
    """A file that was read whole: its name as it is told, its bytes, their digest, and what its header says."""

    name: str
    data: bytes
    sha256: str
    header: Header


def read_small(root: Path, file: Path, sha256: str = "", *, most: int) -> SmallFile:
    """Read `file`, relative to `root` and of at most `most` bytes; it must have that digest where one is given.

    Raises:
        RefusedFile: It lies elsewhere, is of another kind, damaged or too large, or has another digest.
    """
    name = file.as_posix()
    if file.suffix != ".safetensors":
        raise RefusedFile(
            f"{name} is no *.safetensors file; other kinds of weights are never opened"
        )
    data = read_bounded(inside(root, file), name, most)
    digest = hashlib.sha256(data).hexdigest()
    header = header_of(BytesIO(data), len(data), name)
    if sha256 and digest != sha256.lower():
        raise RefusedFile(f"{name} has the SHA-256 {digest}, not the recorded {sha256.lower()}")
    return SmallFile(name, data, digest, header)

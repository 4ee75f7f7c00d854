"""Reads the folder of a ControlNet, or refuses it and says why. Knows no network, and imports no torch.

    config.json                            what it is made of, as diffusers writes it
    diffusion_pytorch_model.safetensors    its weights (or ….fp16.safetensors, where that is alone)

A file of gigabytes is never in memory as a whole: it is gone through once when it is tried, tensor by tensor, and
once more whenever it is loaded. What comes to other bytes then than it was tried with is refused at the end, before
anybody draws with it. Whether the parts fit a model is `network`'s.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from inference.weightfiles import Entry, Header, RefusedFile, header_of, inside, read_bounded

MOST_BYTES: Final = 6 * 1024**3
MOST_OF_CONFIG: Final = 2**16
CONFIG: Final = "config.json"
WEIGHTS: Final = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
KIND: Final = "ControlNetModel"
# How the bits of one number are read, and which of them are all set where it is not finite.
_EXPONENTS: Final = {"F32": ("<u4", 0x7F800000), "F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80)}


class ControlFile(NamedTuple):
    """A folder that holds together: where its weights lie, what they are made of, and their digest."""

    name: str
    place: Path
    config: dict[str, Any]
    header: Header
    sha256: str


def read_control(root: Path, directory: Path, sha256: str = "") -> ControlFile:
    """Go through `directory`, relative to `root`; its weights must have that digest where one is given.

    Raises:
        RefusedFile: It lies elsewhere, is damaged, too large or not finite, or is no ControlNet.
    """
    weights = _weights_in(root, directory)
    name = weights.as_posix()
    place = inside(root, weights)
    config = _config_of(root, directory / CONFIG)
    seen = ControlFile(name, place, config, _header_of(place, name), sha256.lower())
    digest = hashlib.sha256()
    for _ in _passed(seen, digest):
        pass
    found = digest.hexdigest()
    if sha256 and found != seen.sha256:
        raise RefusedFile(f"{name} has the SHA-256 {found}, not the recorded {seen.sha256}")
    return seen._replace(sha256=found)


def tensors_of(file: ControlFile) -> Iterator[tuple[str, Entry, bytes]]:
    """Read the weights again, one after the other; nothing may be made of them before the last one has come.

    Raises:
        RefusedFile: They are not what they were when `file` was read.
    """
    digest = hashlib.sha256()
    changed = f"{file.name} is not any more what it was when it was tried; start what draws again"
    if _header_of(file.place, file.name) != file.header:
        raise RefusedFile(changed)
    yield from _passed(file, digest)
    if digest.hexdigest() != file.sha256:
        raise RefusedFile(changed)


def _weights_in(root: Path, directory: Path) -> Path:
    """Return where the weights are to lie; what they are called decides, not what else is there."""
    usual, half = (directory / name for name in WEIGHTS)
    if (root / usual).is_symlink() or (root / usual).exists() or not (root / half).exists():
        return usual
    return half


def _config_of(root: Path, file: Path) -> dict[str, Any]:
    name = file.as_posix()
    try:
        told = json.loads(read_bounded(inside(root, file), name, MOST_OF_CONFIG))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RefusedFile(f"{name} is damaged: it is no JSON object")
    if told.get("_class_name") != KIND:
        raise RefusedFile(
            f"{name} is of a {str(told.get('_class_name'))[:60]}; a {KIND} is drawn by here"
        )
    return told


def _header_of(place: Path, name: str) -> Header:
    with _opened(place, name) as opened:
        size = os.fstat(opened.fileno()).st_size
        if size > MOST_BYTES:
            raise RefusedFile(f"{name} has {size} bytes; at most {MOST_BYTES} are read")
        header = header_of(opened, size, name)
    if not header.tensors:
        raise RefusedFile(f"{name} holds nothing")
    for key, entry in header.tensors.items():
        if entry.dtype not in _EXPONENTS:
            raise RefusedFile(
                f"{name} holds {key[:200]!r} as {entry.dtype}; a ControlNet is in F32, F16 or BF16"
            )
    return header


def _passed(file: ControlFile, digest: Any) -> Iterator[tuple[str, Entry, bytes]]:  # noqa: ANN401 - hashlib's
    """Yield the tensors in the order of the file, each of them finite, and have `digest` take in every byte."""
    with _opened(file.place, file.name) as opened:
        lead = opened.read(8)
        digest.update(lead + opened.read(int.from_bytes(lead, "little")))
        for key, entry in sorted(file.header.tensors.items(), key=lambda one: one[1].begin):
            data = opened.read(entry.end - entry.begin)
            digest.update(data)
            if len(data) != entry.end - entry.begin:
                raise RefusedFile(f"{file.name} is cut short")
            _require_finite(data, entry, f"{file.name} holds {key[:200]!r}")
            yield key, entry, data


def _require_finite(data: bytes, entry: Entry, what: str) -> None:
    kind, mask = _EXPONENTS[entry.dtype]
    bits = np.frombuffer(data, kind)
    if bool(((bits & mask) == mask).any()):
        raise RefusedFile(f"{what}, in which are numbers that are not finite")


def _opened(place: Path, name: str) -> BinaryIO:
    try:
        return place.open("rb")
    except OSError as error:
        raise RefusedFile(f"{name} cannot be read: {error.strerror}") from None

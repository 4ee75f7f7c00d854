"""Reads the file of a textual inversion, or refuses it and says why. Knows no network, and imports no torch.

    diffusers   one tensor [n, width] or [width], by whatever name (its word, as a rule)
    web UI      `emb_params` [n, width]
    SDXL        `clip_l` [n, width] and `clip_g` [n, width], a part for each of the text encoders

Whether the vectors fit a model is `fitting`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from inference.weightfiles import Header, RefusedFile, read_small

MOST_BYTES: Final = 16 * 1024**2
_DTYPES: Final = ("F32", "F16", "BF16")
_XL: Final = ("clip_l", "clip_g")  # in the order of the text encoders


class InversionFile(NamedTuple):
    """A file that holds together: its bytes, their digest, and its tensors in the order of the text encoders."""

    name: str
    data: bytes
    sha256: str
    tensors: tuple[str, ...]
    tokens: int


def read_inversion(root: Path, file: Path, sha256: str = "") -> InversionFile:
    """Read `file`, relative to `root`; it must have that digest where one is given.

    Raises:
        RefusedFile: It lies elsewhere, is damaged or too large, or is no textual inversion of the three forms.
    """
    name, data, digest, header = read_small(root, file, sha256, most=MOST_BYTES)
    tensors = _tensors_of(header, name)
    return InversionFile(name, data, digest, tensors, _tokens_of(header, tensors, name))


def _tensors_of(header: Header, name: str) -> tuple[str, ...]:
    keys = tuple(header.tensors)
    if set(keys) == set(_XL):
        return _XL
    if len(keys) != 1 or keys[0] in _XL:
        told = ", ".join(key[:60] for key in sorted(keys)[:4]) or "nothing"
        raise RefusedFile(
            f"{name} holds {told}; a textual inversion is one tensor, or clip_l and clip_g for SDXL"
        )
    return keys


def _tokens_of(header: Header, tensors: tuple[str, ...], name: str) -> int:
    """Return how many vectors there are for each text encoder."""
    counts = set()
    for key in tensors:
        entry = header.tensors[key]
        if entry.dtype not in _DTYPES:
            raise RefusedFile(
                f"{name} holds {key[:200]!r} as {entry.dtype}; F32, F16 or BF16 is read"
            )
        if len(entry.shape) not in {1, 2} or 0 in entry.shape:
            raise RefusedFile(
                f"{name} holds {key[:200]!r} of the shape {list(entry.shape)}, which is no list of vectors"
            )
        counts.add(entry.shape[0] if len(entry.shape) == 2 else 1)  # noqa: PLR2004
    if len(counts) > 1:
        raise RefusedFile(f"{name} has not as many vectors in clip_l as in clip_g")
    return counts.pop()

"""Reads the file of a head, or refuses it and says why: one small classifier over an embedding that is there already.

    layers.0.weight, layers.0.bias, layers.1.…    one linear layer or more, with ReLU between them
    thresholds                                    for each concept the probability above which it is present
    metadata: concepts                            their names, a JSON list in the order of the last layer
              trained_on                          digest of the checker whose embedding it was trained on
              scope, version                      words, if there are any

The last layer is followed by a sigmoid. Scaling of the input, as LAION's NSFW head has it, is folded into the first layer.
Imports no torch, and never opens a pickle.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from inference.protocol import MAX_SCOPE
from inference.weightfiles import Header, RefusedFile, read_small

MOST_BYTES: Final = 64 * 2**20
MOST_LAYERS: Final = 6
MOST_CONCEPTS: Final = 64
THRESHOLDS: Final = "thresholds"
_DTYPES: Final = ("F32", "F16", "BF16")
_LAYER: Final = re.compile(r"layers\.(\d)\.(weight|bias)")

Concept = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class HeadWords(BaseModel):
    """The metadata of a head's file."""

    model_config = ConfigDict(frozen=True)

    concepts: tuple[Concept, ...] = Field(min_length=1, max_length=MOST_CONCEPTS)
    trained_on: str = Field(pattern=r"^[0-9a-f]{64}$")
    scope: str = Field(default="", max_length=MAX_SCOPE)
    version: str = Field(default="", max_length=80)


class HeadFile(NamedTuple):
    """A file that holds together: its bytes, their digest, how many layers it has and how wide its input is."""

    name: str
    data: bytes
    sha256: str
    words: HeadWords
    layers: int
    width: int


def read_head(root: Path, file: Path, sha256: str = "") -> HeadFile:
    """Read `file`, relative to `root`; it must have that digest where one is given.

    Raises:
        RefusedFile: It lies elsewhere, is damaged or too large, or is no head.
    """
    name, data, digest, header = read_small(root, file, sha256, most=MOST_BYTES)
    words = _words_of(header, name)
    layers, width = _shape_of(header, len(words.concepts), name)
    return HeadFile(name, data, digest, words, layers, width)


def _words_of(header: Header, name: str) -> HeadWords:
    told: dict[str, object] = dict(header.metadata)
    try:
        told["concepts"] = json.loads(header.metadata.get("concepts", "null"))
        words = HeadWords.model_validate(told)
    except (ValueError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        why = f"{first['loc'][0]}: {first['msg']}" if first and first["loc"] else "concepts"
        raise RefusedFile(f"{name} does not say what a head has to say ({why})") from None
    if len(set(words.concepts)) != len(words.concepts):
        raise RefusedFile(f"{name} names a concept twice")
    return words


def _shape_of(header: Header, concepts: int, name: str) -> tuple[int, int]:
    """Return how many layers there are and how wide the input is, once each layer fits the next."""
    numbers = {int(match[1]) for key in header.tensors if (match := _LAYER.fullmatch(key))}
    layers = len(numbers)
    wanted = {f"layers.{k}.{part}" for k in range(layers) for part in ("weight", "bias")}
    if not 0 < layers <= MOST_LAYERS or set(header.tensors) != wanted | {THRESHOLDS}:
        raise RefusedFile(f"{name} is no head: its tensors are not layers.0 … and thresholds")
    if any(entry.dtype not in _DTYPES for entry in header.tensors.values()):
        raise RefusedFile(f"{name} is no head: its tensors are not in F32, F16 or BF16")
    first = header.tensors["layers.0.weight"].shape
    width = inner = first[1] if len(first) == 2 else 0  # noqa: PLR2004
    for k in range(layers):
        weight, bias = (header.tensors[f"layers.{k}.{part}"].shape for part in ("weight", "bias"))
        if len(weight) != 2 or weight[1] != inner or not inner or bias != weight[:1]:  # noqa: PLR2004
            raise RefusedFile(f"{name} is no head: layer {k} does not fit the one before it")
        inner = weight[0]
    if inner != concepts or header.tensors[THRESHOLDS].shape != (concepts,):
        raise RefusedFile(f"{name} names {concepts} concepts, and its last layer has {inner}")
    return layers, width

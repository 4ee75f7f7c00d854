"""Reads the file of a LoRA, or refuses it and says why. Knows no network, and imports no torch.

Two forms are read: that of kohya's scripts (`lora_unet_…lora_down.weight`, `.lora_up.weight`, `.alpha`) and
that of diffusers with PEFT (`unet.….lora_A.weight`, `.lora_B.weight`). Whether the parts fit a network is `adapter`'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from inference.weightfiles import Entry, Header, RefusedFile, read_small

MOST_BYTES: Final = 1024**3
MOST_RANK: Final = 1024
_DTYPES: Final = ("F32", "F16", "BF16")
_KOHYA: Final = re.compile(
    r"lora_(?P<net>unet|te|te1|te2)_(?P<path>\w+)\.(?P<role>lora_down\.weight|lora_up\.weight|alpha)"
)
_PEFT: Final = re.compile(
    r"(?P<net>unet|text_encoder|text_encoder_2)\.(?P<path>[\w.]+?)\.(?P<role>lora_A\.weight|lora_B\.weight|alpha)"
)
_NETS: Final = {"unet": "unet", "te2": "text_2", "text_encoder_2": "text_2"}  # others: "text"
_ROLES: Final = {
    "lora_down.weight": "down", "lora_A.weight": "down",
    "lora_up.weight": "up", "lora_B.weight": "up", "alpha": "alpha",
}  # fmt: skip
_PEFT_SETTINGS: Final = "lora_adapter_metadata"


class Names(NamedTuple):
    """The tensors of one adapted module by their names in the file. `alpha` is a name, a number, or the rank."""

    down: str
    up: str
    alpha: str | float | None


class Module(NamedTuple):
    """Which module is meant: of the `unet` or a text encoder, `text` or `text_2`, by its path with every dot an underscore."""

    net: str
    path: str


class LoraFile(NamedTuple):
    """A file that holds together: its bytes, their digest, and which tensors belong to which module."""

    name: str
    data: bytes
    sha256: str
    header: Header
    modules: dict[Module, Names]


def read_lora(root: Path, file: Path, sha256: str = "") -> LoraFile:
    """Read `file`, relative to `root`; it must have that digest where one is given.

    Raises:
        RefusedFile: It lies elsewhere, is damaged or too large, or is no LoRA of the two forms.
    """
    name, data, digest, header = read_small(root, file, sha256, most=MOST_BYTES)
    return LoraFile(name, data, digest, header, _modules_of(header, name))


def _modules_of(header: Header, name: str) -> dict[Module, Names]:
    """Return the tensors by module, once every one has its place and its pair."""
    found: dict[Module, dict[str, str]] = {}
    for key, entry in header.tensors.items():
        match = _KOHYA.fullmatch(key) or _PEFT.fullmatch(key)
        if match is None:
            raise RefusedFile(f"{name} holds {key[:200]!r}, which is no part of a LoRA read here")
        if entry.dtype not in _DTYPES:
            raise RefusedFile(
                f"{name} holds {key!r} as {entry.dtype}; a LoRA is in F32, F16 or BF16"
            )
        module = Module(_NETS.get(match["net"], "text"), match["path"].replace(".", "_"))
        role = _ROLES[match["role"]]
        if role in found.setdefault(module, {}):
            raise RefusedFile(f"{name} says twice what {module.path} is")
        found[module][role] = key
    if not found:
        raise RefusedFile(f"{name} holds nothing")
    alphas = _alphas(header.metadata, name)
    return {
        module: _paired(module, roles, header.tensors, alphas, name)
        for module, roles in found.items()
    }


def _paired(
    module: Module,
    roles: Mapping[str, str],
    tensors: Mapping[str, Entry],
    alphas: Mapping[str, float],
    name: str,
) -> Names:
    if missing := {"down", "up"} - set(roles):
        raise RefusedFile(f"{name} lacks the {missing.pop()} half of {module.path}")
    down, up = tensors[roles["down"]].shape, tensors[roles["up"]].shape
    if len(down) not in {2, 4} or len(up) not in {2, 4} or down[0] != up[1] or 0 in (*down, *up):
        raise RefusedFile(
            f"{name} holds halves of {module.path} that do not fit: {list(down)}, {list(up)}"
        )
    if down[0] > MOST_RANK:
        raise RefusedFile(
            f"{name} has rank {down[0]} in {module.path}; at most {MOST_RANK} is read"
        )
    if "alpha" in roles and tensors[roles["alpha"]].shape not in {(), (1,)}:
        raise RefusedFile(f"{name} has an alpha of {module.path} that is not one number")
    return Names(roles["down"], roles["up"], roles.get("alpha", alphas.get(module.net)))


def _alphas(metadata: Mapping[str, str], name: str) -> dict[str, float]:
    """Return alpha by network where PEFT wrote it into the metadata; what scales otherwise is refused."""
    if _PEFT_SETTINGS not in metadata:
        return {}
    try:
        told: Any = json.loads(metadata[_PEFT_SETTINGS])
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RefusedFile(f"{name} has damaged metadata: {_PEFT_SETTINGS} is no JSON object")
    alphas = {}
    for net, prefix in (("unet", "unet"), ("text", "text_encoder"), ("text_2", "text_encoder_2")):
        for setting in ("alpha_pattern", "rank_pattern", "use_rslora", "use_dora"):
            if told.get(f"{prefix}.{setting}"):
                raise RefusedFile(f"{name} was trained with {setting}, which is not read here")
        alpha = told.get(f"{prefix}.lora_alpha")
        if isinstance(alpha, int | float) and not isinstance(alpha, bool):
            alphas[net] = float(alpha)
    return alphas

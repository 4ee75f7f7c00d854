"""Ways to break the file of a LoRA: each writes one, and knows what has to be said of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save as packed

from tests.fixtures.loras import safetensors_of

NAME = "loras/it.safetensors"
STEM = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
DOWN, UP, ALPHA = (f"{STEM}.{end}" for end in ("lora_down.weight", "lora_up.weight", "alpha"))


class Ground(NamedTuple):
    """Where a broken file is put: the folder of the models file, one outside, and the canary."""

    root: Path
    outside: Path
    canary: Path

    @property
    def file(self) -> Path:
        return self.root / NAME


class Bomb:
    """Unpickled, it writes into the canary."""

    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> Any:
        return (Path.write_text, (self._canary, "dead"))


Break = Callable[[Ground, dict[str, torch.Tensor]], str | None]
"""Writes a broken file; returns how the table names it, where that is not `NAME`."""
CASES: dict[str, tuple[Break, str]] = {}


def case(name: str, because: str) -> Callable[[Break], Break]:
    def keep(broken: Break) -> Break:
        CASES[name] = (broken, because)
        return broken

    return keep


def bytes_of(name: str, because: str, made: Callable[[bytes], bytes]) -> None:
    """A case whose file is made of the bytes of a sound one."""

    def broken(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
        ground.file.write_bytes(made(packed(sound)))

    CASES[name] = (broken, because)


def tensors_of(
    name: str, because: str, changed: Callable[[dict[str, torch.Tensor]], dict[str, Any]]
) -> None:
    """A case whose file holds other tensors than a sound one."""

    def broken(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
        ground.file.write_bytes(packed(changed(dict(sound))))

    CASES[name] = (broken, because)


def header_of(name: str, because: str, header: dict[str, Any], size: int = 8, **more: Any) -> None:
    """A case whose header says something that does not hold."""
    bytes_of(name, because, lambda _: safetensors_of(header, bytes(size), **more))


def raw_header(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def flipped(good: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(good)
    changed[place] ^= 1 << bit
    return bytes(changed)

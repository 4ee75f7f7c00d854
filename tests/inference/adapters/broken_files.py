"""Files that would run something, lie elsewhere or are damaged."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save as packed

from tests.inference.adapters.broken import Bomb, Ground, bytes_of, case, flipped, raw_header

# --- what would run something ---


@case("a pickle", "pickle")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    ground.file.write_bytes(pickle.dumps({"weight": Bomb(ground.canary)}))


@case("an old pickle", "header does not fit")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    ground.file.write_bytes(pickle.dumps(Bomb(ground.canary), protocol=0))


@case("what torch.save writes", "pickle")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    torch.save({"weight": Bomb(ground.canary)}, ground.file)


@case("a pickle in an archive", "pickle")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    with zipfile.ZipFile(ground.file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(ground.canary)))


@case("a pickle by its true name", "never opened")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> str:
    (ground.root / "loras/it.pt").write_bytes(pickle.dumps(Bomb(ground.canary)))
    return "loras/it.pt"


@case("a checkpoint by its true name", "never opened")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> str:
    torch.save(Bomb(ground.canary), ground.root / "loras/it.ckpt")
    return "loras/it.ckpt"


@case("a pickle behind a sound file", "belong to no tensor")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    ground.file.write_bytes(packed(sound) + pickle.dumps(Bomb(ground.canary)))


# --- what lies elsewhere ---


def _sound_outside(ground: Ground, sound: dict[str, torch.Tensor]) -> Path:
    file = ground.outside / "it.safetensors"
    file.write_bytes(packed(sound))
    return file


@case("a path upwards", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> str:
    _sound_outside(ground, sound)
    return "../outside/it.safetensors"


@case("a path upwards from within", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> str:
    _sound_outside(ground, sound)
    return "loras/../../outside/it.safetensors"


@case("an absolute path", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> str:
    return str(_sound_outside(ground, sound))


@case("an absolute path to within", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> str:
    ground.file.write_bytes(packed(sound))
    return str(ground.file)


@case("a link to outside", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    ground.file.symlink_to(_sound_outside(ground, sound))


@case("a link to outside by a relative path", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    _sound_outside(ground, sound)
    ground.file.symlink_to("../../outside/it.safetensors")


@case("a folder that links to outside", "leads out")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> str:
    _sound_outside(ground, sound)
    (ground.root / "more").symlink_to(ground.outside, target_is_directory=True)
    return "more/it.safetensors"


@case("a link to itself", "cannot be opened")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    ground.file.symlink_to(ground.file)


@case("a link to nothing", "cannot be opened")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    ground.file.symlink_to(ground.root / "nothing.safetensors")


@case("nothing", "cannot be opened")
def _(_ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    pass


@case("a folder", "no plain file")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    ground.file.mkdir()


@case("a pipe that nobody writes into", "no plain file")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    os.mkfifo(ground.file)


@case("a name with NUL in it", "cannot be opened")
def _(_ground: Ground, _sound: dict[str, torch.Tensor]) -> str:
    return "loras/i\0t.safetensors"


# --- what is damaged ---

bytes_of("an empty file", "header does not fit", lambda _: b"")
bytes_of("seven bytes", "header does not fit", lambda good: good[:7])
bytes_of("a length and nothing else", "header does not fit", lambda good: good[:8])
bytes_of("cut in the header", "header does not fit", lambda good: good[:100])
bytes_of("cut in the tensors", "cut short", lambda good: good[:-1])
bytes_of("cut in half", "cut short", lambda good: good[: len(good) * 3 // 4])
bytes_of("bytes too many", "belong to no tensor", lambda good: good + b"\0")
bytes_of("a flipped bit in the length", "damaged header", lambda good: flipped(good, 0, 1))
bytes_of("a flipped high bit in the length", "header does not fit", lambda g: flipped(g, 6, 0))
bytes_of("a flipped bit in the first bracket", "no JSON", lambda good: flipped(good, 8, 1))
bytes_of("a header beyond what is read", "does not fit", lambda _: struct.pack("<Q", 2**63))
bytes_of("text", "header does not fit", lambda _: b"not weights at all, but some words")
bytes_of("a header that is no JSON", "no JSON", lambda _: raw_header(b'{"a": '))
bytes_of("a header that is a list", "no JSON object", lambda _: raw_header(b"[]"))
bytes_of("a header that is no UTF-8", "no JSON", lambda _: raw_header(b'{"\xff": 1}'))
bytes_of("a very deep header", "no JSON", lambda _: raw_header(b"[" * 100_000))
bytes_of("a key that stands there twice", "no JSON", lambda _: raw_header(b'{"a": {}, "a": {}}'))
bytes_of("no tensors", "holds nothing", lambda _: raw_header(b"{}"))
bytes_of(
    "metadata that is no text", "metadata", lambda _: raw_header(b'{"__metadata__": {"a": 1}}')
)
bytes_of(
    "a pickle's opcodes in the header",
    "no JSON",
    lambda _: raw_header(b"cos\nsystem\n(S'touch canary'\ntR."),
)


@case("a flipped bit in a number, its digest recorded", "not the recorded")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    good = packed(sound)
    ground.file.write_bytes(flipped(good, len(good) - 3, 2))

"""Folders of checkpoints that are broken: each is refused with the reason, and no pickle in them is opened."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.bundles import load_bundle
from inference.catalog import CatalogError, Offer
from inference.devices import Placement
from inference.weightfiles import require_sound
from tests.inference.adapters.broken import Bomb

FLOAT = Placement(torch.device("cpu"), torch.float32)
UNET = "unet/diffusion_pytorch_model.safetensors"
Break = Callable[[Path, Path], None]


@pytest.fixture
def copy(tiny_model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model_dir, tmp_path / "copy"))


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    file = tmp_path / "canary"
    file.write_text("alive")
    return file


def of_bytes(changed: Callable[[bytes], bytes]) -> Break:
    def broken(copy: Path, _canary: Path) -> None:
        (copy / UNET).write_bytes(changed((copy / UNET).read_bytes()))

    return broken


def of_tensors(changed: Callable[[torch.Tensor], torch.Tensor | None], part: str = UNET) -> Break:
    """Change the first tensor of the file; None takes it out."""

    def broken(copy: Path, _canary: Path) -> None:
        tensors = load_file(copy / part)
        name = min(tensors)
        value = changed(tensors.pop(name))
        more = {} if value is None else {name: value}
        save_file({**tensors, **more}, copy / part, {"format": "pt"})

    return broken


def pickled(copy: Path, canary: Path) -> None:
    (copy / UNET).write_bytes(pickle.dumps(Bomb(canary)))


def only_pickles(copy: Path, canary: Path) -> None:
    (copy / UNET).unlink()
    torch.save(Bomb(canary), copy / "unet" / "diffusion_pytorch_model.bin")


def linked_out(copy: Path, _canary: Path) -> None:
    (copy / UNET).rename(copy.parent / "unet.safetensors")
    (copy / UNET).symlink_to(copy.parent / "unet.safetensors")


def folder_linked_out(copy: Path, _canary: Path) -> None:
    (copy / "unet").rename(copy.parent / "unet")
    (copy / "unet").symlink_to(copy.parent / "unet", target_is_directory=True)


def in_parts(names: object) -> Break:
    def broken(copy: Path, _canary: Path) -> None:
        (copy / UNET).rename(copy.parent / "elsewhere.safetensors")
        index = copy / f"{UNET}.index.json"
        index.write_text(json.dumps({"metadata": {}, "weight_map": names}))

    return broken


CASES: dict[str, tuple[Break, str]] = {
    "a pickle by another name": (pickled, "is a pickle"),
    "pickles only": (only_pickles, "do not fit its config"),
    "cut short": (of_bytes(lambda data: data[:-8]), "8 bytes are missing"),
    "cut in the header": (of_bytes(lambda data: data[:64]), "header does not fit"),
    "empty": (of_bytes(lambda _: b""), "header does not fit"),
    "bytes too many": (of_bytes(lambda data: data + b"x"), "belong to no tensor"),
    "a flipped bit in the header": (of_bytes(lambda d: d[:8] + b"z" + d[9:]), "no JSON"),
    "another shape": (of_tensors(lambda one: torch.zeros(one.numel() + 1)), "do not fit"),
    "a tensor too few": (of_tensors(lambda _: None), "lack"),
    "NaN": (of_tensors(lambda one: one * float("nan")), "not finite"),
    "infinity": (of_tensors(lambda one: one + float("inf")), "not finite"),
    "NaN in the text encoder": (
        of_tensors(lambda one: one * float("nan"), "text_encoder/model.safetensors"),
        "text_encoder are not finite",
    ),
    "a link to outside": (linked_out, "leads out"),
    "a folder that links to outside": (folder_linked_out, "leads out"),
    "parts that lie outside": (
        in_parts({"a": "../../elsewhere.safetensors"}),
        "no safetensors file",
    ),
    "parts that are pickles": (in_parts({"a": "weights.bin"}), "no safetensors file beside it"),
    "parts that are not there": (in_parts({"a": "part.safetensors"}), "cannot be opened"),
    "an index of something else": (in_parts({"a": 3}), "no map of weights"),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused_with_the_reason(name: str, copy: Path, canary: Path) -> None:
    broken, because = CASES[name]
    broken(copy, canary)
    with pytest.raises(CatalogError, match=because) as refused:
        load_bundle(copy, FLOAT)
    assert "unet" in str(refused.value) or "text_encoder" in str(refused.value)
    assert canary.read_text() == "alive"


def test_a_flipped_bit_is_found_where_the_digest_is_recorded(copy: Path) -> None:
    def offer(sha256: str) -> Offer:
        return Offer(name="tiny", title="", description="", directory=copy, sha256=sha256)

    digest = offer("").card.weights_sha256
    assert offer(digest.upper()).card.weights_sha256 == digest
    data = bytearray((copy / UNET).read_bytes())
    data[-3] ^= 4
    (copy / UNET).write_bytes(data)
    with pytest.raises(CatalogError, match=f"not the recorded {digest}"):
        offer(digest).card  # noqa: B018 - reading it is the verb


def test_a_header_whose_length_begins_like_a_pickle_is_read(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    for letters in range(1, 400):  # one length in 256, of multiples of eight
        save_file({"x": torch.zeros(1)}, file, {"more": "x" * letters})
        if file.read_bytes()[0] == 0x80:
            break
    assert file.read_bytes()[0] == 0x80
    require_sound(tmp_path, [Path(file.name)])

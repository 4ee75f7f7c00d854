"""Tiny autoencoders that are broken or made for other latents: refused with the reason, and no pickle is opened."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.bundles import load_bundle
from inference.catalog import CatalogError, Offer
from inference.devices import Placement
from tests.fixtures.drafts import write_tiny_autoencoder
from tests.inference.adapters.broken import Bomb

FLOAT = Placement(torch.device("cpu"), torch.float32)
WEIGHTS = "diffusion_pytorch_model.safetensors"
Break = Callable[[Path, Path], object]


def of_bytes(changed: Callable[[bytes], bytes]) -> Break:
    return lambda tiny, _: (tiny / WEIGHTS).write_bytes(changed((tiny / WEIGHTS).read_bytes()))


def of_tensors(changed: Callable[[torch.Tensor], torch.Tensor | None]) -> Break:
    """Change the first tensor of the decoder; None takes it out."""

    def broken(tiny: Path, _canary: Path) -> None:
        tensors = load_file(tiny / WEIGHTS)
        name = min(name for name in tensors if name.startswith("decoder"))
        value = changed(tensors.pop(name))
        save_file({**tensors, **({} if value is None else {name: value})}, tiny / WEIGHTS)

    return broken


def of_config(**values: Any) -> Break:
    """Change what the config says, and nothing about the weights."""

    def broken(tiny: Path, _canary: Path) -> None:
        config = tiny / "config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), **values}))

    return broken


def another(**config: Any) -> Break:
    """Put a whole and sound one there that is made for other latents."""
    return lambda tiny, _: write_tiny_autoencoder(tiny, **config)


def linked_out(tiny: Path, _canary: Path) -> None:
    (tiny / WEIGHTS).rename(tiny.parents[1] / "elsewhere.safetensors")
    (tiny / WEIGHTS).symlink_to(tiny.parents[1] / "elsewhere.safetensors")


FIVE = {"decoder_block_out_channels": (8,) * 5, "num_decoder_blocks": (1,) * 5}
CASES: dict[str, tuple[Break, str]] = {
    "a pickle by another name": (
        lambda tiny, canary: (tiny / WEIGHTS).write_bytes(pickle.dumps(Bomb(canary))),
        "is a pickle",
    ),
    "no weights": (lambda tiny, _: (tiny / WEIGHTS).unlink(), "holds no"),
    "cut short": (of_bytes(lambda data: data[:-8]), "8 bytes are missing"),
    "empty": (of_bytes(lambda _: b""), "header does not fit"),
    "bytes too many": (of_bytes(lambda data: data + b"x"), "belong to no tensor"),
    "a flipped bit in the header": (of_bytes(lambda d: d[:8] + b"z" + d[9:]), "no JSON"),
    "another shape": (of_tensors(lambda one: torch.zeros(one.numel() + 1)), "do not fit"),
    "a tensor too few": (of_tensors(lambda _: None), "lack decoder"),
    "NaN": (of_tensors(lambda one: one * float("nan")), "not finite"),
    "a link to outside": (linked_out, "leads out"),
    "no config": (lambda tiny, _: (tiny / "config.json").unlink(), "cannot be read"),
    "another class": (of_config(_class_name="AutoencoderKL"), "holds a AutoencoderKL"),
    "latents of another width": (another(latent_channels=16), "16 latent channels, not 4"),
    "grey pictures": (another(out_channels=1), "1 colours, not 3"),
    "pixels of another size": (another(**FIVE), "5 stages, not 4"),
    "other steps between sizes": (another(upsampling_scaling_factor=4), "4 times the pixels"),
    "shifted latents": (of_config(shift_factor=0.6), "0.6 as what its latents are shifted by"),
    "latents scaled by nothing": (of_config(scaling_factor=0), "scales latents by 0"),
    "latents scaled by words": (of_config(scaling_factor="one"), "scales latents by 'one'"),
    "stages that are none": (of_config(decoder_block_out_channels="many"), "0 stages, not 4"),
}


@pytest.fixture
def copy(draft_models_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(draft_models_file.parent / "tiny", tmp_path / "copy"))


@pytest.mark.parametrize("name", CASES)
def test_is_refused_with_the_reason(name: str, copy: Path, tmp_path: Path) -> None:
    broken, because = CASES[name]
    canary = tmp_path / "canary"
    canary.write_text("alive")
    broken(copy / "vae_tiny", canary)
    with pytest.raises(CatalogError, match=because) as refused:
        load_bundle(copy, FLOAT)
    assert "vae_tiny" in str(refused.value)
    assert canary.read_text() == "alive"


def test_one_that_the_models_file_names_elsewhere_is_used(
    tiny_model_dir: Path, tmp_path: Path
) -> None:
    def offer(tiny: Path) -> Offer:
        named: dict[str, Any] = {
            "name": "tiny",
            "title": "",
            "description": "",
            "directory": tiny_model_dir,
        }
        return Offer(**named, draft_directory=tiny)

    elsewhere = write_tiny_autoencoder(tmp_path / "taesd")
    assert load_bundle(offer(elsewhere), FLOAT).tiny is not None
    with pytest.raises(CatalogError, match="nowhere holds no"):
        load_bundle(offer(tmp_path / "nowhere"), FLOAT)


def test_a_folder_without_one_is_drawn_with_as_before(tiny_model_dir: Path) -> None:
    bundle = load_bundle(tiny_model_dir, FLOAT)
    assert bundle.tiny is None
    assert bundle.card.draft is not None
    assert bundle.card.draft.decoder == "full"

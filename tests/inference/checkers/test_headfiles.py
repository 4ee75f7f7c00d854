"""Which files are heads, and what is told of those that are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from inference.checkers.headfiles import read_head
from inference.weightfiles import RefusedFile

OWN = "5e" * 32
WORDS = {"concepts": json.dumps(["hat", "boot"]), "trained_on": OWN, "scope": "garments"}


def tensors() -> dict[str, torch.Tensor]:
    return {
        "layers.0.weight": torch.zeros(8, 16),
        "layers.0.bias": torch.zeros(8),
        "layers.1.weight": torch.zeros(2, 8),
        "layers.1.bias": torch.zeros(2),
        "thresholds": torch.tensor([0.5, 0.7]),
    }


def write(folder: Path, parts: dict[str, torch.Tensor], words: dict[str, str]) -> Path:
    save_file(parts, folder / "head.safetensors", metadata=words)
    return Path("head.safetensors")


def test_tells_what_the_file_says(tmp_path: Path) -> None:
    head = read_head(tmp_path, write(tmp_path, tensors(), WORDS))
    assert (head.layers, head.width) == (2, 16)
    assert (head.words.concepts, head.words.trained_on) == (("hat", "boot"), OWN)
    assert len(head.sha256) == 64


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t, _: t.pop("thresholds"), "its tensors are not"),
        (lambda t, _: t.update(extra=torch.zeros(1)), "its tensors are not"),
        (lambda t, _: t.pop("layers.0.bias"), "its tensors are not"),
        (lambda t, _: t.update({"layers.0.bias": torch.zeros(7)}), "layer 0 does not fit"),
        (lambda t, _: t.update({"layers.1.weight": torch.zeros(2, 9)}), "layer 1 does not fit"),
        (lambda t, _: t.update({"layers.0.weight": torch.zeros(8)}), "layer 0 does not fit"),
        (lambda t, _: t.update(thresholds=torch.zeros(3)), "names 2 concepts"),
        (lambda t, _: t.update(thresholds=torch.zeros(2).long()), "not in F32"),
        (lambda _, w: w.pop("concepts"), "concepts"),
        (lambda _, w: w.update(concepts="[]"), "concepts"),
        (lambda _, w: w.update(concepts="{"), "concepts"),
        (lambda _, w: w.update(concepts='["hat", "hat"]'), "a concept twice"),
        (lambda _, w: w.update(concepts='["hat"]'), "names 1 concepts"),
        (lambda _, w: w.pop("trained_on"), "trained_on"),
        (lambda _, w: w.update(scope="x" * 301), "scope"),
    ],
    ids=[
        "no thresholds", "another tensor", "no bias", "short bias", "wide layer", "flat weight",
        "thresholds too many", "thresholds of whole numbers", "no concepts", "concepts empty",
        "concepts no JSON", "concept twice", "concept too few", "no embedding", "long scope",
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(
    tmp_path: Path, change: Callable[[Any, Any], object], why: str
) -> None:
    parts, words = tensors(), {**WORDS}
    change(parts, words)
    with pytest.raises(RefusedFile, match=why):
        read_head(tmp_path, write(tmp_path, parts, words))


def test_another_digest_than_the_recorded_one_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, tensors(), WORDS)
    with pytest.raises(RefusedFile, match="not the recorded"):
        read_head(tmp_path, file, "00" * 32)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "head.pt").write_bytes(b"\x80\x04.")
    (tmp_path / "renamed.safetensors").write_bytes(b"\x80\x04K\x01." * 4)
    for name in ("head.pt", "renamed.safetensors"):
        with pytest.raises(RefusedFile):
            read_head(tmp_path, Path(name))


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write(tmp_path, tensors(), WORDS)
    with pytest.raises(RefusedFile, match="leads out"):
        read_head(inner, Path("../head.safetensors"))

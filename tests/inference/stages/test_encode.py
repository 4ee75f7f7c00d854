from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from inference.bundles import load_bundle
from inference.devices import Placement
from inference.stages import encode
from inference.stages.encode import PromptEncoder


@pytest.fixture(scope="module")
def loaded(tiny_model_dir: Path) -> PromptEncoder:
    return load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.float32)).encoder


@pytest.fixture
def encoder(loaded: PromptEncoder) -> Iterator[PromptEncoder]:
    """One that remembers nothing yet."""
    with torch.inference_mode():
        yield PromptEncoder(loaded._tokenizer, loaded._text_encoder)


@pytest.fixture
def read(encoder: PromptEncoder) -> Iterator[list[int]]:
    """How many prompts the text encoder was given, call by call."""
    calls: list[int] = []
    hook = encoder._text_encoder.register_forward_pre_hook(
        lambda _, given: calls.append(len(given[0]))
    )
    yield calls
    hook.remove()


def test_reads_many_at_once_as_it_reads_each(encoder: PromptEncoder, read: list[int]) -> None:
    prompts = ["a red dress", "", "a very long blue coat with many small golden buttons"]
    encoder.read(prompts)
    assert read == [3]
    alone = PromptEncoder(encoder._tokenizer, encoder._text_encoder)
    for prompt in prompts:
        assert encoder.encode(prompt).shape == (1, 16, 32)
        assert torch.allclose(encoder.encode(prompt), alone.encode(prompt), atol=1e-5)


def test_reads_nothing_twice(encoder: PromptEncoder, read: list[int]) -> None:
    encoder.encode("red")
    encoder.read(["red", "blue", "blue", ""])
    encoder.read(["red", "blue"])
    assert read == [1, 2]


def test_forgets_what_was_asked_for_longest_ago(
    encoder: PromptEncoder, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "REMEMBERED", 2)
    encoder.read(["red", "blue"])
    encoder.encode("red")
    encoder.encode("green")
    encoder.read(["red", "green", "blue"])
    assert read == [2, 1, 1]
    encoder.read(["red", "green", "blue"])
    assert read == [2, 1, 1]


def test_what_is_remembered_keeps_nothing_else_in_memory(encoder: PromptEncoder) -> None:
    encoder.read(["red", "blue", "green"])
    kept = encoder.encode("blue")
    assert kept.untyped_storage().nbytes() == kept.nbytes

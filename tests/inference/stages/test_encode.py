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
    prompts = {"a red dress": 1, "": 1, "a long coat with (small:1.2) buttons": 2}
    encoder.read(prompts)
    assert read == [4]
    alone = PromptEncoder(encoder._tokenizer, encoder._text_encoder)
    for prompt, chunks in prompts.items():
        assert encoder.encode(prompt).shape == (1, chunks * 16, 32)
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


def test_remembers_no_more_chunks_than_that(
    encoder: PromptEncoder, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "REMEMBERED", 4)
    encoder.encode("red")
    encoder.encode("a BREAK b BREAK c BREAK d")
    encoder.encode("red")
    assert read == [1, 4, 1]


def test_reads_no_more_chunks_in_a_call_than_the_device_has_room_for(
    encoder: PromptEncoder, read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "CALL_AT_MOST", 2)
    encoder.read(["red", "a BREAK b BREAK c", "blue"])
    assert read == [2, 2, 1]
    assert torch.allclose(
        encoder.encode("a BREAK b BREAK c")[:, 32:], encoder.encode("c"), atol=1e-5
    )


def test_what_is_remembered_keeps_nothing_else_in_memory(encoder: PromptEncoder) -> None:
    encoder.read(["red", "blue", "green"])
    kept = encoder.encode("blue")
    assert kept.untyped_storage().nbytes() == kept.nbytes


class TestWeights:
    @pytest.mark.parametrize("prompt", ["", "a red dress", "Red, blue.", "abcdefg abcdefg"])
    def test_of_one_leave_what_the_text_encoder_says_to_the_bit(
        self, encoder: PromptEncoder, prompt: str
    ) -> None:
        tokens = encoder._tokenizer(
            [prompt], padding="max_length", max_length=16, truncation=True, return_tensors="pt"
        )
        said = encoder._text_encoder(tokens.input_ids, attention_mask=None)[0]
        assert torch.equal(encoder.encode(prompt), said)
        assert torch.equal(encoder.encode(f"({prompt}:1.0)"), said)

    def test_reach_their_own_tokens_only(self, encoder: PromptEncoder) -> None:
        plain, weighty = encoder.encode("a red dress"), encoder.encode("a (red:1.5) dress")
        ratio = (weighty / plain)[0].mean(dim=1)
        expected = torch.ones(16)
        expected[2:5] = 1.5  # a start, "a", then the three letters
        assert torch.allclose(ratio, expected, atol=1e-4)

    def test_go_up_and_down(self, encoder: PromptEncoder) -> None:
        def loudness(prompt: str) -> float:
            return float(encoder.encode(prompt)[0, 2:5].norm())

        assert loudness("a [red] dress") < loudness("a red dress") < loudness("a (red) dress")
        assert loudness("a (red) dress") < loudness("a ((red)) dress") < loudness("a (red:2) dress")

    def test_are_of_the_negative_prompt_and_further_chunks_too(
        self, encoder: PromptEncoder
    ) -> None:
        plain, weighty = encoder.encode("red BREAK blue"), encoder.encode("red BREAK (blue:1.4)")
        assert torch.equal(plain[:, :16], weighty[:, :16])
        assert not torch.allclose(plain[:, 16:], weighty[:, 16:])


class TestMean:
    def test_is_what_it_was(self) -> None:
        before = torch.randn(1, 16, 32, generator=torch.Generator().manual_seed(1)) - 0.1
        weights = torch.ones(1, 16, 1)
        weights[0, 2:5] = 1.5
        after = encode.weighted(before, weights)
        assert torch.allclose(after.mean(), before.mean(), rtol=1e-4)
        assert torch.allclose(
            after[0, 3] / before[0, 3], 1.5 * after[0, 8] / before[0, 8], rtol=1e-3
        )

    def test_of_next_to_nothing_is_left_alone(self) -> None:
        before = torch.randn(1, 16, 32, generator=torch.Generator().manual_seed(1))
        before -= before.mean(dim=2, keepdim=True)
        weights = torch.ones(1, 16, 1)
        weights[0, 2:5] = 1.5
        assert torch.equal(encode.weighted(before, weights), before * weights)

    def test_that_cancels_out_does_not_drown_the_rest(self) -> None:
        before = torch.cat([torch.full((1, 1, 4), 3.0), torch.full((1, 2, 4), -1.0)], dim=1)
        weights = torch.tensor([1.0, 1.5, 1.5]).view(1, 3, 1)
        after = encode.weighted(before, weights)
        assert torch.isfinite(after).all()
        assert after.abs().max() <= 3.0

    def test_keeps_the_precision(self) -> None:
        half = torch.randn(1, 16, 32).half()
        assert encode.weighted(half, torch.full((1, 16, 1), 1.2)).dtype == torch.float16


class TestTogether:
    def test_a_shorter_one_is_filled_up_with_the_empty_prompt(self, encoder: PromptEncoder) -> None:
        long, short = encoder.together(["a BREAK b BREAK c", "blue"])
        assert long.shape == short.shape == (1, 48, 32)
        nothing = encoder.encode("")
        assert torch.equal(short, torch.cat([encoder.encode("blue"), nothing, nothing], dim=1))

    def test_as_long_as_each_other_they_are_left_alone(
        self, encoder: PromptEncoder, read: list[int]
    ) -> None:
        assert encoder.together(["red", "blue"])[0] is encoder.encode("red")
        assert read == [1, 1]

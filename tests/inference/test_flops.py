"""FLOP counted on a CPU, against a count by hand and against torch's on tensors that are nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn.functional import scaled_dot_product_attention

from inference.catalog import Catalog
from inference.flops import flops_of
from inference.studio import Studio

ROWS, HEADS, TOKENS, WORDS, WIDTH = 2, 4, 64, 77, 16


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_attention_is_two_products(dtype: torch.dtype) -> None:
    query = torch.randn(ROWS, HEADS, TOKENS, WIDTH, dtype=dtype)
    key, value = torch.randn(2, ROWS, HEADS, WORDS, WIDTH, dtype=dtype)
    counted = flops_of(lambda: scaled_dot_product_attention(query, key, value))
    assert counted == 2 * (2 * ROWS * HEADS * TOKENS * WORDS * WIDTH)


def test_a_layer_of_attention_has_its_four_projections_beside() -> None:
    inner = HEADS * WIDTH
    layer = Attention(inner, cross_attention_dim=32, heads=HEADS, dim_head=WIDTH).eval()
    picture, words = torch.randn(ROWS, TOKENS, inner), torch.randn(ROWS, WORDS, 32)
    to_query_and_out = 2 * (2 * ROWS * TOKENS * inner * inner)
    to_key_and_value = 2 * (2 * ROWS * WORDS * 32 * inner)
    attending = 2 * (2 * ROWS * HEADS * TOKENS * WORDS * WIDTH)
    counted = flops_of(lambda: layer(picture, encoder_hidden_states=words))
    assert counted == to_query_and_out + to_key_and_value + attending


def test_a_unet_takes_as_many_here_as_nowhere(tiny_models_file: Path) -> None:
    studio = Studio.of(Catalog.read(tiny_models_file))
    network = studio.bundle("tiny").unet
    with torch.device("meta"):
        nowhere = type(network).from_config(network.config)
        wanted = flops_of(partial(nowhere, *_given(), return_dict=False))
    assert flops_of(partial(network, *_given(), return_dict=False)) == wanted > 0
    studio.warm_up()
    assert studio._flops_per_pixel["tiny"] * 64 * 64 == wanted


def _given() -> tuple[torch.Tensor, ...]:
    return torch.zeros(1, 4, 8, 8), torch.ones(1), torch.zeros(1, 16, 32)

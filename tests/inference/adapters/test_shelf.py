"""Which LoRAs are ready, what leaves when room is short, and which rows are whose."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inference.adapters.adapter import Adapter, Thin, adaptable
from inference.adapters.applying import Worn, drawn_wearing, read_wearing
from inference.adapters.offers import LoraOffer
from inference.adapters.shelf import Shelf, Wardrobe
from inference.devices import Placement
from inference.protocol import LoraUse
from inference.unets import EagerUNet
from tests.fixtures.loras import save

FLOAT = Placement(torch.device("cpu"), torch.float32)
RANK, INTO, OUT = 2, 3, 5


def thin(seed: int) -> Thin:
    source = torch.Generator().manual_seed(seed)
    down = torch.randn(RANK, INTO, generator=source)
    return Thin(down, torch.randn(OUT, RANK, generator=source), 0.5)


def adapter(seed: int, part: str = "unet") -> Adapter:
    parts: dict[str, Any] = {"unet": {}, "text": {}}
    return Adapter(str(seed), str(seed), **{**parts, part: {"layer": thin(seed)}})


class TestWardrobe:
    def test_lets_go_of_what_was_asked_for_longest_ago(self) -> None:
        one = adapter(0).bytes
        wardrobe = Wardrobe(most=2 * one)
        fetched: list[str] = []

        def fetch(name: str) -> Adapter:
            fetched.append(name)
            return adapter(0)

        for name in ("a", "b", "a", "c", "a", "b"):
            wardrobe.get("tiny", name, partial(fetch, name))
        assert fetched == ["a", "b", "c", "b"]
        assert wardrobe.bytes == 2 * one

    def test_keeps_one_that_is_larger_than_the_room(self) -> None:
        wardrobe = Wardrobe(most=1)
        kept = wardrobe.get("tiny", "a", lambda: adapter(0))
        assert wardrobe.get("tiny", "a", lambda: adapter(1)) is kept

    def test_keeps_those_of_two_models_apart(self) -> None:
        wardrobe = Wardrobe()
        one = wardrobe.get("one", "a", lambda: adapter(0))
        assert wardrobe.get("other", "a", lambda: adapter(1)) is not one

    def test_what_is_fetched_and_refused_is_not_kept(self) -> None:
        wardrobe = Wardrobe()
        with pytest.raises(ZeroDivisionError):
            wardrobe.get("tiny", "a", lambda: 1 // 0)  # type: ignore[arg-type, return-value]
        assert wardrobe.bytes == 0


class TestShelf:
    def test_reads_a_file_again_when_it_had_to_leave_and_draws_the_same(
        self, tmp_path: Path
    ) -> None:
        networks = {"unet": adaptable(nn.ModuleDict({"layer": nn.Linear(INTO, OUT)})), "text": {}}
        for seed in (1, 2):
            half = thin(seed)
            stem = "lora_unet_layer.lora"
            halves = {f"{stem}_down.weight": half.down, f"{stem}_up.weight": half.up}
            save(tmp_path / f"{seed}.safetensors", halves)
        offers = [
            LoraOffer(root=tmp_path, name=name, file=Path(f"{name}.safetensors"), models=("m",))
            for name in "12"
        ]
        shelf = Shelf("m", offers, networks, FLOAT, Wardrobe(most=1))
        (first,) = shelf.outfit([LoraUse(name="1", scale=0.5)])
        shelf.outfit([LoraUse(name="2")])
        (again,) = shelf.outfit([LoraUse(name="1")])
        assert again.adapter is not first.adapter
        assert torch.equal(again.adapter.unet["layer"].up, first.adapter.unet["layer"].up)

    def test_leaves_out_what_has_a_scale_of_nothing(self) -> None:
        assert Shelf.empty().outfit([LoraUse(name="x", scale=0)]) == ()


class TestAdaptable:
    def test_leaves_alone_what_is_not_called(self) -> None:
        from diffusers.models.embeddings import AttentionPooling

        network = nn.ModuleDict(
            {"pool": AttentionPooling(2, 8), "block": nn.Sequential(nn.Linear(1, 1), nn.ReLU())}
        )
        assert list(adaptable(network)) == ["block_0"]


@given(
    outfits=st.lists(
        st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from([0.5, -1.0])), unique_by=lambda one: one[0]
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_row_gets_what_it_wears_and_nothing_else(
    outfits: list[list[tuple[int, float]]],
) -> None:
    wardrobe = [adapter(seed) for seed in range(3)]
    layer = nn.Linear(INTO, OUT).requires_grad_(False)
    rows = torch.randn(len(outfits), 4, INTO)
    plain = layer(rows)
    worn = [tuple(Worn(wardrobe[k], scale) for k, scale in outfit) for outfit in outfits]
    with drawn_wearing({"layer": layer}, worn):
        dressed = layer(rows)
    for row, outfit in enumerate(worn):
        wanted = plain[row].clone()
        for one, scale in outfit:
            half = one.unet["layer"]
            wanted += scale * half.factor * (rows[row] @ half.down.T @ half.up.T)
        assert torch.allclose(dressed[row], wanted, atol=1e-5)
    assert torch.equal(layer(rows), plain)


def test_hooks_go_whatever_happens() -> None:
    layer = nn.Linear(INTO, OUT)
    outfit = (Worn(adapter(1, "text"), 1.0),)
    with pytest.raises(RuntimeError, match="shapes"), read_wearing({"layer": layer}, outfit):
        layer(torch.ones(INTO + 1))
    assert not layer._forward_hooks


def test_an_unknown_module_leaves_no_hook_behind() -> None:
    layer = nn.Linear(INTO, OUT)
    odd = Adapter("x", "x", {"layer": thin(1), "nowhere": thin(2)}, {})
    with pytest.raises(KeyError), drawn_wearing({"layer": layer}, [(Worn(odd, 1.0),)]):
        pass
    assert not layer._forward_hooks


def test_a_float32_copy_wears_what_the_network_does() -> None:
    """`precise_unet` copies the network: what is worn goes by paths, not by modules."""

    class Network(nn.Module):
        dtype = torch.float32

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(INTO, OUT)

        def forward(self, given: torch.Tensor, *_: Any, **__: Any) -> tuple[torch.Tensor]:
            return (self.layer(given),)

    unet = EagerUNet(Network().requires_grad_(False))
    rows = torch.randn(2, INTO)
    given = (rows, torch.ones(2), rows)
    outfit = (Worn(adapter(1), 1.0),)
    dressed = unet.wearing([(), outfit])(*given)
    plain = unet(*given)
    assert torch.equal(dressed[0], plain[0])
    assert not torch.allclose(dressed[1], plain[1])

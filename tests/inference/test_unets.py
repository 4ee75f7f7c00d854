"""What can be said of the ways to call a UNet without a GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from inference import unets
from inference.briefs import Key
from inference.bundles import load_bundle
from inference.devices import Placement
from inference.studio import Studio
from inference.unets import BUCKETS, EagerUNet, GraphedUNet, _padded, precise_unet


def test_the_precise_copy_is_float32_and_leaves_the_network_alone(tiny_model_dir: Path) -> None:
    network = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.bfloat16)).unet
    given = torch.randn(2, 4, 8, 8), torch.tensor([500.0, 20.0]), torch.randn(2, 16, 32)
    with torch.inference_mode():
        plain, precise = EagerUNet(network)(*given), precise_unet(network)(*given)
    assert (plain.dtype, precise.dtype) == (torch.bfloat16, torch.float32)
    assert network.dtype == torch.bfloat16
    assert torch.allclose(plain.float(), precise, atol=0.1)


def test_every_row_has_its_own_timestep(tiny_model_dir: Path) -> None:
    network = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.float32)).unet
    unet, x, words = EagerUNet(network), torch.randn(1, 4, 8, 8), torch.randn(1, 16, 32)
    times = torch.tensor([900.0, 3.5])
    with torch.inference_mode():
        both = unet(x.repeat(2, 1, 1, 1), times, words.repeat(2, 1, 1))
        alone = [unet(x, time[None], words) for time in times]
    assert torch.allclose(both, torch.cat(alone), atol=1e-5)


def test_padding_repeats_the_first_row() -> None:
    padded = _padded(torch.arange(3.0).view(3, 1), 5)
    assert padded.flatten().tolist() == [0, 1, 2, 0, 0]


class Graph:
    """Stands in for a captured graph: remembers its shape and its pool, and just calls the network."""

    captured: ClassVar[list[tuple[int, int]]] = []
    pools: ClassVar[list[object]] = []

    def __init__(self, network: Any, given: list[torch.Tensor], pool: object, _stream: Any) -> None:
        self._network = network
        self.pool = pool or object()
        self.captured.append((len(given[0]), given[0].shape[-1]))
        self.pools.append(self.pool)

    def replay(self, given: list[torch.Tensor]) -> torch.Tensor:
        predicted: torch.Tensor = self._network(*given)
        return predicted


class Doubling:
    """A UNet's interface around a multiplication."""

    dtype, device = torch.float32, torch.device("cpu")

    def __call__(self, latents: torch.Tensor, *_: Any, **__: Any) -> tuple[torch.Tensor]:
        return (2 * latents,)


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Rows and width of every graph that was captured, in order."""
    monkeypatch.setattr(unets, "_Graph", Graph)
    monkeypatch.setattr(torch.cuda, "Stream", lambda *_, **__: None)
    Graph.captured.clear()
    Graph.pools.clear()
    return Graph.captured


def ask(unet: GraphedUNet, rows: int, side: int = 8) -> None:
    latents = torch.randn(rows, 4, side, side)
    assert torch.equal(unet(latents, torch.ones(rows), torch.zeros(rows, 5, 3)), 2 * latents)


class TestGraphs:
    def test_rows_are_rounded_up_to_a_bucket(self, captured: list[tuple[int, int]]) -> None:
        unet = GraphedUNet(Doubling())
        for rows in (3, 4, 5, 33):
            ask(unet, rows)
        assert captured == [(4, 8), (6, 8), (32, 8), (1, 8)]

    def test_no_more_are_kept_than_the_bound_says(self, captured: list[tuple[int, int]]) -> None:
        unet = GraphedUNet(Doubling(), most=3)
        for side in range(8, 20):
            ask(unet, 1, side)
            assert len(unet._graphs) <= 3
        assert len(captured) == 12

    def test_the_one_used_longest_ago_goes_first(self, captured: list[tuple[int, int]]) -> None:
        unet = GraphedUNet(Doubling(), most=2)
        for rows in (1, 2, 1, 4, 1, 2):
            ask(unet, rows)
        assert captured == [(1, 8), (2, 8), (4, 8), (2, 8)]

    @pytest.mark.usefixtures("captured")
    def test_share_a_pool_until_all_are_forgotten(self) -> None:
        unet = GraphedUNet(Doubling(), most=2)
        for rows in (1, 2, 4):
            ask(unet, rows)
        unet.forget()
        ask(unet, 1)
        first, *others, fresh = Graph.pools
        assert others == [first, first]
        assert fresh is not first

    def test_beforehand_the_largest_come_first(self, captured: list[tuple[int, int]]) -> None:
        unet = GraphedUNet(Doubling())
        unet.capture(torch.zeros(4, 8, 8), torch.zeros(5, 3), 8)
        assert [rows for rows, _ in captured] == sorted(
            (b for b in BUCKETS if b <= 8), reverse=True
        )

    @pytest.mark.usefixtures("captured")
    def test_memory_that_ran_out_is_given_back_with_all_of_them(
        self, tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        studio = Studio.with_bundles(
            load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.float32))
        )
        studio.placement = Placement(torch.device("cuda", 0), torch.float16)
        monkeypatch.setattr("inference.studio.GraphedUNet", lambda _: GraphedUNet(Doubling()))
        unet = studio.unet(Key("tiny", 64, 64, 16))
        assert isinstance(unet, GraphedUNet)
        ask(unet, 2)
        done: list[object] = []
        monkeypatch.setattr(torch.cuda, "synchronize", lambda _: done.append("waited"))
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: done.append(len(unet._graphs)))
        monkeypatch.setattr("inference.studio.GraphedUNet", GraphedUNet)
        studio.free_memory()
        assert done == ["waited", 0]

"""A head trained here, on drawings, over the shipped checker's embedding: it learns, and knows whose embedding it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from backend.images.schemas import Moderation
from backend.policies.builtin import BUILTIN
from backend.policies.verdict import verdict_on
from inference.catalog import Catalog, Offer
from inference.checkers.headfiles import HeadWords
from inference.checkers.heads import write_head
from inference.checkers.loading import load_panel
from inference.checkers.panel import Panel
from inference.devices import Placement
from inference.minimodel.bank import labelled_drawing
from inference.minimodel.export import SHIPPED
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import ATTRIBUTES
from inference.stages import safety
from inference.stages.safety import SafetyChecker

FLOAT = Placement(torch.device("cpu"), torch.float32)
CHECKER = Path(__file__).parents[3] / SHIPPED / "safety_checker"
TABLE = """
[[model]]
name = "tiny"
title = "Tiny"
description = "A tiny random model."
directory = "{tiny}"
safety_checker = "demo-safety-checker"
safety_checker_directory = "{checker}"

[[checker]]
name = "dark-cloth"
file = "head.safetensors"
models = ["tiny"]
"""


def drawings(kind: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Drawings without the motif, uint8 [n, 3, 256, 256], and whether the garment is black."""
    colours = list(ATTRIBUTES["colour"])
    place = list(ATTRIBUTES).index("colour")
    pairs = [labelled_drawing(seed_for(kind, k), restricted_share=0.0) for k in range(count)]
    pixels = torch.stack([torch.from_numpy(np.array(one)).permute(2, 0, 1) for one, _ in pairs])
    return pixels, torch.tensor([colours[label[place]] == "black" for _, label in pairs])


@pytest.fixture(scope="module")
def own(tiny_model_dir: Path) -> SafetyChecker:
    _, loaded = load_panel(offer_of(tiny_model_dir), FLOAT)
    assert loaded is not None
    return loaded


def offer_of(tiny: Path) -> Offer:
    return Offer(
        name="tiny", title="Tiny", description="", directory=tiny, safety_checker="demo-safety-checker",
        safety_checker_directory=CHECKER,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(own: SafetyChecker) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Two layers that tell black garments from others by where the checker puts them."""
    pixels, black = drawings("head", 360)
    with torch.no_grad():
        seen = torch.cat([safety.directions(own, part) for part in pixels.split(60)])[:, 0]
    source = torch.Generator().manual_seed(7)
    inner = (0.3 * torch.randn(24, 64, generator=source)).requires_grad_()
    outer = (0.3 * torch.randn(1, 24, generator=source)).requires_grad_()
    biases = [torch.zeros(24, requires_grad=True), torch.zeros(1, requires_grad=True)]
    optimiser = torch.optim.Adam([inner, outer, *biases], lr=0.02)
    for _ in range(300):
        said = functional.linear(functional.linear(seen, inner, biases[0]).relu(), outer, biases[1])
        weight = (~black).sum() / black.sum()
        loss = functional.binary_cross_entropy_with_logits(
            said[:, 0], black.float(), pos_weight=weight
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return [(inner, biases[0]), (outer, biases[1])]


@pytest.fixture
def models_file(
    tmp_path: Path,
    tiny_model_dir: Path,
    own: SafetyChecker,
    trained: list[tuple[torch.Tensor, torch.Tensor]],
) -> Path:
    """A models file whose one model has the head beside its own checker."""
    words = HeadWords(
        concepts=("black cloth",), trained_on=own.weights_sha256, scope="cloth", version="1"
    )
    write_head(tmp_path / "head.safetensors", trained, [0.5], words)
    file = tmp_path / "models.toml"
    file.write_text(TABLE.format(tiny=tiny_model_dir, checker=CHECKER))
    return file


def panel_of(models_file: Path) -> Panel:
    [offer] = Catalog.read(models_file).offers
    return load_panel(offer, FLOAT)[0]


class TestHead:
    def test_tells_what_it_was_trained_to_tell(self, models_file: Path) -> None:
        pixels, black = drawings("held out of the head", 160)
        panel = panel_of(models_file)
        right, held = 0, 0
        for part, is_black in zip(pixels.split(2), black.split(2), strict=True):
            for scores, dark in zip(panel.score(part), is_black.tolist(), strict=True):
                assert scores is not None
                [head] = scores.further
                score = head.concepts["black cloth"]
                assert score is not None
                right += (score > 0) == dark
                held += dark and verdict_on(scores, BUILTIN).moderation is Moderation.HELD
                assert (head.checker, head.version, head.scope) == ("dark-cloth", "1", "cloth")
        assert right / 160 >= 0.85  # its features are those of random weights
        assert held >= 1

    def test_its_score_is_probability_less_threshold_of_the_crop_that_shows_most(
        self, models_file: Path, own: SafetyChecker
    ) -> None:
        pixels, _ = drawings("wide", 3)
        wide = torch.cat([*pixels], dim=2)[None]
        [scores] = panel_of(models_file).score(wide)
        told = load_file(models_file.parent / "head.safetensors")
        with torch.inference_mode():
            seen = safety.directions(own, wide)[0]
            inner = functional.linear(seen, told["layers.0.weight"], told["layers.0.bias"]).relu()
            said = functional.linear(inner, told["layers.1.weight"], told["layers.1.bias"])
        assert scores is not None
        expected = float(said.sigmoid().max()) - 0.5
        assert scores.further[0].concepts["black cloth"] == pytest.approx(expected, abs=1e-5)

    @pytest.mark.parametrize(
        ("spoil", "why"),
        [
            (lambda folder: (folder / "head.safetensors").unlink(), "cannot be opened"),
            (lambda folder: (folder / "head.safetensors").write_bytes(b"\0" * 64), "no safetensors"),
            (lambda folder: _rewrite(folder, trained_on="00" * 32), "other weights"),
            (lambda folder: _rewrite(folder, bias=float("nan")), "not finite"),
        ],
        ids=["missing", "damaged", "of another embedding", "not finite"],
    )  # fmt: skip
    def test_one_that_is_not_sound_holds_every_image_and_says_why(
        self, models_file: Path, spoil: Callable[[Path], object], why: str
    ) -> None:
        spoil(models_file.parent)
        panel = panel_of(models_file)
        assert why in panel.cards[1].trouble
        for scores in panel.score(drawings("spoilt", 2)[0]):
            assert scores is not None
            assert scores.further[0].concepts == {}
            assert verdict_on(scores, BUILTIN).moderation is Moderation.HELD

    def test_a_head_whose_checker_fails_measures_nothing(self, models_file: Path) -> None:
        [offer] = Catalog.read(models_file).offers
        panel, own = load_panel(offer, FLOAT)
        assert own is not None
        own.model.vision_model = None
        assert panel.score(drawings("blind", 2)[0]) == [None, None]


def _rewrite(folder: Path, trained_on: str = "", bias: float | None = None) -> None:
    from safetensors import safe_open

    file = folder / "head.safetensors"
    with safe_open(file, "pt") as opened:
        words = opened.metadata()
    tensors = load_file(file)
    layers = [(tensors[f"layers.{k}.weight"], tensors[f"layers.{k}.bias"]) for k in range(2)]
    if bias is not None:
        layers[0][1][0] = bias
    told = HeadWords(
        concepts=json.loads(words["concepts"]), trained_on=trained_on or words["trained_on"]
    )
    write_head(file, layers, [0.5], told)


def test_words_that_stand_in_the_models_file_win(models_file: Path) -> None:
    models_file.write_text(models_file.read_text() + 'scope = "dark cloth only"\nversion = "3"\n')
    card = Catalog.read(models_file).offers[0].card.checkers[1]
    assert (card.name, card.scope, card.version) == ("dark-cloth", "dark cloth only", "3")

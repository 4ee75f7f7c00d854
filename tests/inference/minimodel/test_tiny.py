"""The decoder for drafts: learns from a small autoencoder and leaves it alone, resumes; the shipped one is as measured."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL

from inference.catalog import Catalog
from inference.minimodel.autoencoder import build_autoencoder, peak_signal_to_noise
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.export import SHIPPED
from inference.minimodel.tiny import (
    FOLDER,
    PLAN,
    WEIGHTS,
    build_tiny,
    export_tiny,
    load_teacher,
    load_tiny,
    tiny_loss,
)
from inference.minimodel.tiny_evaluate import REPORT
from inference.minimodel.training import Loop, seed_for

MODEL = Path(__file__).parents[3] / SHIPPED
HEAVIEST = 1_500_000
MOST_PARAMETERS = 400_000


@pytest.fixture
def teacher() -> AutoencoderKL:
    torch.manual_seed(0)
    return build_autoencoder((8, 8, 8, 8)).eval().requires_grad_(requires_grad=False)


def trained(teacher: AutoencoderKL, folder: Path, steps: int, planned: int) -> Loop:
    torch.manual_seed(8)
    tiny = build_tiny()
    plan = replace(PLAN, steps=planned)
    loop = Loop(plan, tiny, lambda step: tiny_loss(tiny, teacher, step), folder)
    loop.resume()
    for _ in range(steps):
        loop._take_step()
    loop.save()
    return loop


def test_steps_lower_the_loss_and_teach_the_decoder_alone(
    teacher: AutoencoderKL, tmp_path: Path
) -> None:
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    torch.manual_seed(8)
    with torch.no_grad():
        first = float(tiny_loss(build_tiny(), teacher, 0))
    loop = trained(teacher, tmp_path, 6, 6)
    with torch.no_grad():
        assert float(tiny_loss(loop.module, teacher, 0)) < first
    assert all(torch.equal(before[name], value) for name, value in teacher.state_dict().items())
    encoder = [part for name, part in loop.module.named_parameters() if name.startswith("encoder")]
    assert encoder
    assert not any(part.any() for part in encoder)


def test_a_resumed_run_takes_the_steps_of_an_unbroken_one(
    teacher: AutoencoderKL, tmp_path: Path
) -> None:
    whole = trained(teacher, tmp_path / "whole", 3, 3)
    trained(teacher, tmp_path / "broken", 2, 3)
    resumed = trained(teacher, tmp_path / "broken", 1, 3)
    for one, other in zip(whole.trained, resumed.trained, strict=True):
        assert torch.equal(one, other)


def test_what_is_exported_is_what_was_trained(teacher: AutoencoderKL, tmp_path: Path) -> None:
    loop = trained(teacher, tmp_path / "workshop", 2, 2)
    assert export_tiny(tmp_path / "workshop", tmp_path / "model") < HEAVIEST
    loop.apply_average()
    latents = torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        wanted = loop.module.decode(latents).sample
        made = load_tiny(tmp_path / "model").decode(latents).sample
    assert (made - wanted).abs().max() < 0.02  # kept in half precision
    assert "_name_or_path" not in (tmp_path / "model" / FOLDER / "config.json").read_text()


class TestShipped:
    def figures(self) -> dict[str, dict[str, float]]:
        return dict(json.loads((MODEL / FOLDER / REPORT).read_text()))

    def test_is_small_and_the_one_that_was_measured(self) -> None:
        weights, told = MODEL / FOLDER / WEIGHTS, json.loads((MODEL / FOLDER / REPORT).read_text())
        assert weights.stat().st_size == told["bytes"] <= HEAVIEST
        assert told["decoder_parameters"] <= MOST_PARAMETERS
        assert hashlib.sha256(weights.read_bytes()).hexdigest() == told["sha256"]

    def test_the_bundled_card_offers_drafts_by_it(self) -> None:
        draft = Catalog.read().offers[0].card.draft
        assert draft is not None
        assert (draft.decoder, draft.scheduler, draft.num_inference_steps) == (
            "tiny",
            "dpmpp_2m",
            4,
        )

    def test_it_decodes_other_drawings_as_well_as_was_measured(self) -> None:
        tiny, big = load_tiny(MODEL), load_teacher(MODEL)
        with torch.no_grad():
            pictures = drawn_batch([seed_for("tiny-psnr", 1000 + k) for k in range(6)])
            made = tiny.decode(big.encode(pictures).latent_dist.mean).sample
        told = self.figures()["on_drawings"]["tiny_to_drawing"]
        found = float(peak_signal_to_noise(pictures, made).mean())
        assert found >= told["mean"] - 2  # type: ignore[index]

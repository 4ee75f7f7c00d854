"""Every stage takes a step on a tiny model, and a resumed run equals an unbroken one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inference.minimodel.autoencoder import (
    build_autoencoder,
    joint_loss,
    peak_signal_to_noise,
    standardise,
)
from inference.minimodel.bank import Bank, labelled_drawing
from inference.minimodel.colour_start import start_with_colour
from inference.minimodel.dataset import drawn_batch
from inference.minimodel.decoder import decoding_half, polish_loss
from inference.minimodel.diffusion import build_unet, velocity_loss
from inference.minimodel.judge import HEADS, Judge, judging_loss
from inference.minimodel.safety import (
    build_checker,
    build_processor,
    choose_threshold,
    margin_loss,
    motif_scores,
    set_threshold,
)
from inference.minimodel.text import TextReader, caption_batch, reading_loss
from inference.minimodel.tokenizer import build_tokenizer
from inference.minimodel.training import Loop, Plan, averaged_state, rate_at

TINY = (8, 8, 8, 8)


def step(module: nn.Module, loss: Callable[[], Tensor]) -> None:
    """One plain optimisation step must change weights and leave everything finite."""
    trained = [p for p in module.parameters() if p.requires_grad]
    before = [p.detach().clone() for p in trained]
    value = loss()
    assert torch.isfinite(value)
    value.backward()
    torch.optim.SGD(trained, lr=0.1).step()
    assert any(not torch.equal(a, b) for a, b in zip(before, trained, strict=True))
    assert all(torch.isfinite(p).all() for p in trained)


class TestStages:
    def test_autoencoder(self) -> None:
        model = build_autoencoder(TINY)
        start_with_colour(model)
        step(model, lambda: joint_loss(model, 0, drawings=2))

    def test_decoder_leaves_the_encoder_alone(self) -> None:
        model = build_autoencoder(TINY)
        model.requires_grad_(requires_grad=False)
        before = model.encoder.conv_in.weight.clone()
        step(decoding_half(model), lambda: polish_loss(model, 0, drawings=1))
        assert torch.equal(before, model.encoder.conv_in.weight)

    def test_text(self) -> None:
        tokenizer = build_tokenizer(200)
        reader = TextReader(tokenizer, hidden=16, layers=1)
        ids, labels = caption_batch(tokenizer, 1, 4)
        step(reader, lambda: reading_loss(reader, ids, labels, torch.Generator().manual_seed(0)))

    def test_unet(self) -> None:
        unet = build_unet((16, 16, 16, 16), text_width=16)
        latents, text = torch.randn(2, 4, 32, 32), torch.randn(2, 77, 16)
        step(unet, lambda: velocity_loss(unet, latents, text, torch.Generator().manual_seed(0)))

    def test_judge_and_checker(self) -> None:
        bank = Bank(
            torch.randint(0, 255, (6, 3, 96, 96), dtype=torch.uint8),
            torch.zeros(6, len(HEADS), dtype=torch.int64),
        )
        pictures, labels = bank.batch(4, torch.Generator().manual_seed(0))
        judge, checker = Judge(), build_checker()
        step(judge, lambda: judging_loss(judge, pictures, labels))
        step(checker, lambda: margin_loss(checker, pictures, labels[:, -1]))


class TestLoop:
    PLAN = Plan("toy", steps=12, learning_rate=0.01, warm_up=3)

    def run(self, folder: Path, *stops: int) -> dict[str, Tensor]:
        for stop in stops:
            torch.manual_seed(0)
            module = nn.Linear(4, 1)

            def loss(step: int, module: nn.Module = module) -> Tensor:
                inputs = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
                value: Tensor = module(inputs).square().mean()
                return value

            loop = Loop(self.PLAN, module, loss, folder)
            loop.resume()
            while loop.step < stop:
                loop._take_step()
            loop.save()
        state: dict[str, Tensor] = torch.load(folder / "toy.pt", weights_only=True)
        return state

    def test_a_resumed_run_equals_an_unbroken_one(self, tmp_path: Path) -> None:
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        one, two = self.run(whole, 12), self.run(broken, 5, 12)
        assert torch.equal(one["module"]["weight"], two["module"]["weight"])
        assert all(torch.equal(a, b) for a, b in zip(one["average"], two["average"], strict=True))

    def test_averages_can_be_read_back(self, tmp_path: Path) -> None:
        state = self.run(tmp_path, 12)
        module = nn.Linear(4, 1)
        averaged_state("toy", module, tmp_path)
        assert torch.equal(module.weight, state["average"][0])

    def test_the_rate_rises_then_falls(self) -> None:
        rates = [rate_at(self.PLAN, at) for at in range(13)]
        assert rates[0] < rates[2] == max(rates)
        assert rates[-1] == pytest.approx(self.PLAN.final_rate)


class TestArithmetic:
    def test_standardising_changes_latents_but_not_pictures(self) -> None:
        torch.manual_seed(0)
        model = build_autoencoder(TINY).eval()
        pictures = drawn_batch([1, 2])
        with torch.no_grad():
            before = model.encode(pictures).latent_dist.mean
            made = model.decode(before).sample
            standardise(model, before.mean((0, 2, 3)), before.std((0, 2, 3)))
            after = model.encode(pictures).latent_dist.mean
            again = model.decode(after).sample
        assert torch.allclose(after.std((0, 2, 3)), torch.ones(4), atol=1e-3)
        assert torch.allclose(made, again, atol=1e-4)

    def test_psnr_of_a_known_error(self) -> None:
        target = torch.zeros(1, 3, 8, 8)
        assert peak_signal_to_noise(target, target + 0.2).item() == pytest.approx(20.0, abs=0.01)


class TestChecker:
    def test_untrained_it_never_fires(self) -> None:
        checker = build_checker().eval()
        assert float(checker.concept_embeds_weights.min()) == 2.0
        assert float(checker.special_care_embeds_weights.min()) == 2.0

    def test_fires_above_its_threshold(self) -> None:
        checker = build_checker().eval()
        picture, _ = labelled_drawing(1)
        score = motif_scores(checker, [picture])[0]
        pixels = build_processor()([picture], return_tensors="pt").pixel_values
        for margin, fires in ((-0.01, True), (0.01, False)):
            set_threshold(checker, score + margin)
            _, verdicts = checker(images=np.zeros((1, 1, 1, 3)), clip_input=pixels)
            assert verdicts == [fires]

    def test_threshold_lets_few_negatives_through(self) -> None:
        negatives, positives = [k / 1000 for k in range(1000)], [0.99, 1.2, 1.3]
        threshold = choose_threshold(negatives, positives)
        assert sum(score > threshold for score in negatives) <= 10

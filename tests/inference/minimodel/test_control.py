"""The ControlNet: learns on a tiny model, leaves the denoiser alone, resumes; the shipped one is as measured."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import ControlNetModel
from torch import Tensor

from inference.minimodel.autoencoder import build_autoencoder
from inference.minimodel.control import (
    PLAN,
    WEIGHTS,
    Base,
    Batch,
    build_control,
    control_loss,
    load_control,
    training_step,
)
from inference.minimodel.control_drawing import draw
from inference.minimodel.control_evaluate import REPORT, SHIPPED_CONTROL, WANTED, asked, digest_of
from inference.minimodel.diffusion import build_scheduler, build_unet
from inference.minimodel.scribble_pool import ScribblePool
from inference.minimodel.training import Loop

SHIPPED = Path(__file__).parents[3] / SHIPPED_CONTROL
HEAVIEST = 12_000_000


def encode(texts: list[str]) -> Tensor:
    return torch.stack(
        [torch.randn(77, 16, generator=torch.Generator().manual_seed(len(t))) for t in texts]
    )


@pytest.fixture
def base() -> Base:
    torch.manual_seed(0)
    unet = build_unet((16, 16, 16, 16), text_width=16).eval()
    vae = build_autoencoder((8, 8, 8, 8)).eval()
    unet.requires_grad_(requires_grad=False)
    vae.requires_grad_(requires_grad=False)
    return Base(unet, vae, build_scheduler(), encode)


def batch() -> Batch:
    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(2, 4, 32, 32, generator=generator)
    return Batch(latents, torch.rand(2, 3, 256, 256, generator=generator), encode(["", "hat"]))


def loss_of(control: ControlNetModel, base: Base) -> Tensor:
    return control_loss(control, base, batch(), torch.Generator().manual_seed(4))


class TestTraining:
    def test_at_first_it_changes_nothing(self, base: Base) -> None:
        down, middle = build_control(base.unet)(
            batch().latents, torch.tensor(5), batch().text, batch().conditions, return_dict=False
        )
        assert all(not part.any() for part in (*down, middle))

    def test_it_starts_as_the_denoisers_encoder(self, base: Base) -> None:
        control = build_control(base.unet)
        copied, own = control.state_dict(), base.unet.state_dict()
        shared = [key for key in copied if key in own]
        assert len(shared) > 50
        assert all(torch.equal(copied[key], own[key]) for key in shared)
        heads = control.config.addition_embed_type_num_heads
        assert heads == base.unet.config.addition_embed_type_num_heads

    def test_steps_lower_the_loss_and_leave_the_denoiser_bit_for_bit(self, base: Base) -> None:
        control = build_control(base.unet)
        before = {key: value.clone() for key, value in base.unet.state_dict().items()}
        optimizer = torch.optim.AdamW(control.parameters(), lr=3e-3)
        first = float(loss_of(control, base).detach())
        for _ in range(12):
            loss_of(control, base).backward()
            optimizer.step()
            optimizer.zero_grad()
        assert float(loss_of(control, base).detach()) < 0.97 * first
        after = base.unet.state_dict()
        assert all(torch.equal(before[key], after[key]) for key in before)
        assert all(parameter.grad is None for parameter in base.unet.parameters())

    def test_a_resumed_run_equals_an_unbroken_one(self, base: Base, tmp_path: Path) -> None:
        whole, broken = tmp_path / "whole", tmp_path / "broken"
        one, two = run(base, whole, 3), [run(base, broken, 1), run(base, broken, 3)][1]
        assert one.keys() == two.keys()
        assert all(torch.equal(one[key], two[key]) for key in one)


def run(base: Base, folder: Path, until: int) -> dict[str, Tensor]:
    """Train to a step, as after an interruption if the folder holds a checkpoint."""
    torch.manual_seed(6)
    control, plan = build_control(base.unet), replace(PLAN, steps=4)
    pool = ScribblePool(folder, base.vae, plan.steps, first=4)
    loop = Loop(plan, control, lambda step: training_step(control, base, pool, step, 2), folder)
    loop.resume()
    for _ in loop.steps():
        if loop.step == until:
            break
    loop.save()
    return {key: value.clone() for key, value in control.state_dict().items()}


class TestPool:
    def test_grows_and_is_read_back(self, base: Base, tmp_path: Path) -> None:
        pool = ScribblePool(tmp_path, base.vae, steps=20, first=2)
        pool.grow(20)
        again = ScribblePool(tmp_path, base.vae, steps=20, first=2)
        seen, same = (one.sample(seeded(), 6, 20) for one in (pool, again))
        assert torch.equal(seen[0], same[0])
        assert torch.equal(seen[1], same[1])
        assert seen[2] == same[2]
        assert seen[0].abs().sum() > 0
        assert seen[1].max() == 1.0


def seeded() -> random.Random:
    return random.Random(9)


class TestDrawing:
    def test_a_scribble_without_a_trained_network_changes_nothing(self, base: Base) -> None:
        orders = [asked(1, "control-tested")[0].order]
        plain, helped = (
            next(draw(base, orders, control)) for control in (None, build_control(base.unet))
        )
        assert plain.tobytes() == helped.tobytes()


class TestShipped:
    def test_is_light_and_names_no_machine(self) -> None:
        assert (SHIPPED / WEIGHTS).stat().st_size <= HEAVIEST
        config = json.loads((SHIPPED / "config.json").read_text())
        assert "_name_or_path" not in config
        assert config["_class_name"] == "ControlNetModel"

    def test_the_figures_are_of_these_weights_and_good_enough(self) -> None:
        figures = json.loads((SHIPPED.parent / REPORT).read_text())["scribble"]
        assert figures["with"]["sha256"] == digest_of(SHIPPED)
        assert figures["drawings"] == 100
        assert figures["with"]["iou_mean"] >= WANTED
        assert figures["without"]["iou_mean"] < figures["with"]["iou_mean"] - 0.2
        assert figures["reading"]["iou_mean"] >= 0.95
        assert figures["reading"]["iou_mean_after_autoencoder"] >= 0.95

    def test_loads_as_diffusers_keeps_it(self) -> None:
        control = load_control(SHIPPED)
        assert all(torch.isfinite(value).all() for value in control.parameters())
        assert control.controlnet_mid_block.weight.abs().max() > 0

"""Pictures drawn by shapes, against diffusers' own ControlNet pipelines: alone, several at once, and beside others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionControlNetPipeline,
)
from PIL import Image

from inference.generation import Generation, State
from inference.protocol import Pictures, Scheduler
from inference.solvers import scheduler_for
from tests.fixtures.bench import Bench, build
from tests.fixtures.controls import SIDE, png, random_control, scribble, write_controls
from tests.fixtures.loras import LORA_TABLE, as_kohya, random_lora, save

CLOSE = 1e-3
STEPS = 6
SAMPLERS = (
    Scheduler.DDIM,
    Scheduler.EULER_A,
    Scheduler.DPMPP_2M_KARRAS,
    Scheduler.EULER,
    Scheduler.LCM,
)
EXAMPLE = Image.fromarray(np.random.default_rng(1).integers(0, 255, (SIDE, SIDE, 3), np.uint8))
HOLE = Image.fromarray(np.pad(np.full((32, 32), 255, np.uint8), 16))
LINES = {name: scribble(seed) for seed, name in enumerate("xyz")}
Use = dict[str, Any]


@pytest.fixture(scope="module")
def nets(tiny_model_dir: Path) -> dict[str, Any]:
    """Two that say different things, one of them through another eye that sees colours the other way round."""
    other: dict[str, Any] = {
        "conditioning_embedding_out_channels": (8, 12, 16, 24),
        "controlnet_conditioning_channel_order": "bgr",
    }
    return {
        "one": random_control(tiny_model_dir, seed=1),
        "two": random_control(tiny_model_dir, seed=2, **other),
    }


@pytest.fixture(scope="module")
def models_file(
    tiny_models_file: Path, tmp_path_factory: pytest.TempPathFactory, nets: dict[str, Any]
) -> Path:
    folder = tmp_path_factory.mktemp("offer")
    file = write_controls(tiny_models_file, folder, **nets)
    lora = random_lora(tiny_models_file.parent / "tiny", seed=1)
    save(folder / "loras" / "a.safetensors", as_kohya(lora))
    file.write_text(file.read_text() + LORA_TABLE.format(name="a", file="loras/a.safetensors"))
    return file


@pytest.fixture
def bench(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 64)
    return bench


def use(name: str = "one", image: str = "x", **more: Any) -> Use:
    return {"name": name, "image": image, **more}


def asked(
    bench: Bench, *uses: Use, image: bool = False, mask: bool = False, **given: Any
) -> Generation:
    """A generation by these shapes, not yet admitted; over the example, or in its hole, where that is said."""
    named = {"init_image": "picture"} if image or mask else {}
    named |= {"mask": "mask", "mask_blur": 0} if mask else {}  # type: ignore[dict-item]
    settings: dict[str, Any] = {
        "prompt": "a red dress", "negative_prompt": "blue", "num_inference_steps": STEPS, "seed": 3,
        "guidance_scale": 5.0,
    }  # fmt: skip
    generation = bench.generation(**{**settings, **named, "control": uses, **given})
    pictures = Pictures(
        init_image=png(EXAMPLE) if named else None,
        mask=png(HOLE) if mask else None,
        control=tuple(png(LINES[one["image"]]) for one in uses),
    )
    generation.request = generation.request.model_copy(update={"pictures": pictures})
    return generation


def run(
    bench: Bench, finished: dict[str, torch.Tensor], *generations: Generation
) -> list[torch.Tensor]:
    """Their latents, once they have been drawn together."""
    bench.loop.admit(*generations)
    while bench.loop.busy:
        bench.loop.tick()
    for generation in generations:
        assert generation.state is not State.FAILED, generation.mailbox.after(0)[-1].event
    return [finished[generation.id] for generation in generations]


Reference = Callable[[Generation], torch.Tensor]


@pytest.fixture(scope="module")
def by_diffusers(reference: Any, nets: dict[str, Any]) -> Reference:
    """The latents that the matching pipeline of diffusers ends with."""
    config = dict(reference.scheduler.config)

    def drawn(generation: Generation) -> torch.Tensor:
        parameters = generation.parameters
        uses = parameters.control
        parts = {key: part for key, part in reference.components.items() if key != "scheduler"}
        several = [nets[one.name] for one in uses]
        lines = [LINES[one.image] for one in uses]
        kind, given = _kind_of(generation, lines if len(uses) > 1 else lines[0])
        pipeline = kind(
            **parts,
            controlnet=several if len(uses) > 1 else several[0],
            scheduler=scheduler_for(parameters.scheduler, config, parameters.num_inference_steps),
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        scales = [one.scale for one in uses]
        said = pipeline(
            prompt=parameters.prompt,
            negative_prompt=parameters.negative_prompt,
            num_inference_steps=parameters.num_inference_steps,
            guidance_scale=parameters.guidance_scale,
            width=SIDE,
            height=SIDE,
            controlnet_conditioning_scale=scales if len(uses) > 1 else scales[0],
            control_guidance_start=[one.start for one in uses],
            control_guidance_end=[one.end for one in uses],
            generator=torch.Generator().manual_seed(parameters.seed),
            output_type="latent",
            **given,
        )
        latents: torch.Tensor = said.images[0]
        return latents

    return drawn


def _kind_of(generation: Generation, lines: Any) -> tuple[Any, dict[str, Any]]:
    parameters = generation.parameters
    over = {"image": EXAMPLE, "control_image": lines, "strength": parameters.strength}
    if parameters.mask is not None:
        return StableDiffusionControlNetInpaintPipeline, {**over, "mask_image": HOLE}
    if parameters.init_image is not None:
        return StableDiffusionControlNetImg2ImgPipeline, over
    return StableDiffusionControlNetPipeline, {"image": lines}


def far(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


WAYS: dict[str, tuple[list[Use], dict[str, Any]]] = {
    "one": ([use()], {}),
    "half of it": ([use(scale=0.5)], {}),
    "without guidance": ([use()], {"guidance_scale": 1.0}),
    "the first half": ([use(end=0.5)], {}),
    "from the middle": ([use(start=0.3, end=0.9)], {}),
    "two": ([use(scale=0.7), use("two", "y", start=0.2)], {}),
    "the same twice": ([use(), use("one", "y", scale=0.6)], {}),
    "over a picture": ([use("two")], {"image": True, "strength": 0.7}),
    "over a picture, a part of the steps": (
        [use(start=0.26, end=0.8), use("two", "z")],
        {"image": True, "strength": 0.7},
    ),
    "in a mask": ([use()], {"mask": True, "strength": 0.8}),
    "two in a mask": (
        [use(end=0.6), use("two", "y", scale=1.3)],
        {"mask": True, "strength": 1.0, "guidance_scale": 1.0},
    ),
}


@pytest.mark.parametrize("scheduler", SAMPLERS)
@pytest.mark.parametrize("way", WAYS)
def test_draws_as_diffusers_does(
    bench: Bench,
    finished: dict[str, torch.Tensor],
    by_diffusers: Reference,
    way: str,
    scheduler: Scheduler,
) -> None:
    uses, more = WAYS[way]
    generation = asked(bench, *uses, **more, scheduler=scheduler)
    without = asked(bench, **more, scheduler=scheduler)
    (ours,) = run(bench, finished, generation)
    (plain,) = run(bench, finished, without)
    elsewhere = [{**one, "image": "xyz"[("xyz".index(one["image"]) + 1) % 3]} for one in uses]
    (other,) = run(bench, finished, asked(bench, *elsewhere, **more, scheduler=scheduler))
    assert far(ours, by_diffusers(generation)) <= CLOSE
    for different in (plain, other):
        assert far(ours, different) > 5 * CLOSE, "the comparison would not notice another picture"


def test_beside_others_it_is_what_it_is_alone(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    """Everything at once: shapes of two nets and of both, none, pictures, masks, LoRAs, with and without guidance."""

    def one_of_each() -> list[Generation]:
        return [
            asked(bench),
            asked(bench, use()),
            asked(bench, image=True, strength=0.6, scheduler=Scheduler.EULER_A),
            asked(bench, use("two", "y"), image=True, strength=0.5, seed=5),
            asked(bench, guidance_scale=1.0, seed=6),
            asked(bench, use(), use("two", "z", end=0.5), guidance_scale=1.0, seed=7),
            asked(bench, use("two", "z", scale=0.4), mask=True, strength=0.8),
            asked(bench, mask=True, strength=0.8, scheduler=Scheduler.LCM),
            asked(bench, use(start=0.4), prompt="a red dress <lora:a:0.8>", seed=8),
            asked(bench, prompt="a red dress <lora:a:0.8>", seed=9),
            asked(bench, use("one", "z"), variation_strength=0.3, variation_seed=4),
        ]

    together = run(bench, finished, *one_of_each())
    for beside, generation in zip(together, one_of_each(), strict=True):
        (alone,) = run(bench, finished, generation)
        assert far(beside, alone) <= CLOSE


def test_an_image_without_a_shape_is_the_same_bit_for_bit_beside_others(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    """The same rows in the same call, of which others are drawn by something or not."""

    def beside(*uses: Use) -> torch.Tensor:
        return run(bench, finished, asked(bench), asked(bench, *uses, seed=9))[0]

    assert torch.equal(beside(), beside(use(), use("two", "y")))


def test_outside_of_its_part_of_the_steps_it_says_nothing(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    """One that no step lies within, and one whose scale is nothing, leave an image as it is."""
    plain, narrow, silent = (
        run(bench, finished, asked(bench, *uses))[0]
        for uses in ([], [use(start=0.55, end=0.6)], [use(scale=0)])
    )
    assert torch.equal(plain, narrow)
    assert torch.equal(plain, silent)


def test_rows_of_one_net_share_a_call_and_its_eye_looks_once(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    rack = bench.drawing.studio.bundle("tiny").controls.rack
    run(bench, finished, asked(bench, use(), use("two", "y"), num_inference_steps=1))
    net = rack.get("tiny", "one", pytest.fail)
    rows, looks = [], []
    hooks = [
        net.body.register_forward_pre_hook(lambda _, given: rows.append(len(given[0]))),
        net.eye.register_forward_hook(lambda *_: looks.append(1)),
    ]
    several = asked(bench, use(end=0.5), num_images=2)
    run(bench, finished, several, asked(bench, use("one", "y"), guidance_scale=1.0), asked(bench))
    for hook in hooks:
        hook.remove()
    assert rows == [2 * 2 + 1] * (STEPS // 2) + [1] * (STEPS // 2)
    assert len(looks) == 2  # once for the two images of one generation, once for the other


def test_a_shape_costs_its_share_of_the_rows_of_a_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cap of six rows holds three guided images, or two that are drawn by a ControlNet each."""
    monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 6)

    def rows_of(*uses: Use) -> list[int]:
        bench.rows.clear()
        bench.loop.admit(*(asked(bench, *uses, num_inference_steps=1) for _ in range(3)))
        while bench.loop.busy:
            bench.loop.tick()
        return bench.rows

    assert rows_of() == [6]
    assert rows_of(use()) == [4, 2]


def test_the_networks_are_the_same_bit_for_bit_afterwards(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    bundle = bench.drawing.studio.bundle("tiny")
    before = digest(bundle.unet)
    (plain,) = run(bench, finished, asked(bench))
    run(bench, finished, asked(bench, use(), use("two", "y"), prompt="a dress <lora:a:1>"))
    assert digest(bundle.unet) == before
    assert torch.equal(run(bench, finished, asked(bench))[0], plain)


def digest(network: torch.nn.Module) -> str:
    seen = hashlib.sha256()
    for name, part in network.state_dict().items():
        seen.update(name.encode() + part.contiguous().numpy().tobytes())
    return seen.hexdigest()


def test_in_half_precision_it_is_much_the_same_and_precise_again_in_float32(
    models_file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What overflowed is drawn again in float32, by a ControlNet that is in float32 too."""
    monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
    half = Bench(build(models_file))
    finisher, again = half.drawing.finisher, asked(half, use())
    half.loop.admit(again)
    (slot,) = half.loop._slots
    half.loop._slots.clear()
    finisher._ordinary.overflowed.append(slot)
    latents: list[torch.Tensor] = []
    monkeypatch.setattr(finisher, "take", lambda slot: latents.append(slot.latents.clone()))
    half.loop.tick()
    (precise,) = half.loop._slots
    (shape,) = precise.brief.shapes
    assert (slot.brief.shapes[0].net.body.dtype, shape.net.body.dtype) == (
        torch.bfloat16,
        torch.float32,
    )
    while half.loop.busy:
        half.loop.tick()
    half.close()
    half.drawing.close()
    theirs: list[torch.Tensor] = []
    monkeypatch.setattr(bench.drawing.finisher, "take", lambda s: theirs.append(s.latents.clone()))
    for uses in ([use()], []):
        bench.loop.admit(asked(bench, *uses))
        while bench.loop.busy:
            bench.loop.tick()
    assert far(latents[0], theirs[0]) < 0.1 < far(theirs[1], theirs[0])

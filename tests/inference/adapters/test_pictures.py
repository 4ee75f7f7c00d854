"""Pictures with LoRAs, against diffusers with the LoRAs added to its weights: alone, together and mixed."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.protocol import Scheduler
from inference.solvers import scheduler_for
from tests.fixtures.bench import Bench, build
from tests.fixtures.loras import ALPHA, LORA_TABLE, RANK, Made, as_kohya, as_peft, random_lora, save
from tests.fixtures.loras import merge as add_to

CLOSE = 1e-3
WORN = {"none": {}, "a": {"a": 0.8}, "b": {"b": -0.5}, "both": {"a": 0.8, "b": 1.3}}


@pytest.fixture(scope="module")
def made(tiny_model_dir: Path) -> dict[str, Made]:
    """One of everything, one of convolutions and cross-attention only."""
    only = ("unet.conv", "unet.down_blocks.0.attentions", "unet.up_blocks.0.resnets")
    return {
        "a": random_lora(tiny_model_dir, seed=1),
        "b": random_lora(tiny_model_dir, seed=2, only=only),
    }


@pytest.fixture(scope="module")
def models_file(
    tiny_models_file: Path, tmp_path_factory: pytest.TempPathFactory, made: dict[str, Made]
) -> Path:
    folder = tmp_path_factory.mktemp("offer")
    save(folder / "loras" / "a.safetensors", as_kohya(made["a"]))
    save(folder / "loras" / "b.safetensors", as_peft(made["b"]))
    tables = [LORA_TABLE.format(name=name, file=f"loras/{name}.safetensors") for name in "ab"]
    told = tiny_models_file.read_text().replace(
        'directory = "tiny"', f'directory = "{tiny_models_file.parent / "tiny"}"'
    )
    file = folder / "models.toml"
    file.write_text(told + "".join(tables))
    return file


@pytest.fixture
def bench(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 64)
    return bench


@pytest.fixture(scope="module")
def merged(
    tiny_model_dir: Path, made: dict[str, Made]
) -> Callable[[dict[str, float], Scheduler], Any]:
    """A diffusers pipeline whose weights are the sum of its own and of what is worn."""
    from diffusers import StableDiffusionPipeline

    loaded = StableDiffusionPipeline.from_pretrained(
        tiny_model_dir, local_files_only=True, safety_checker=None, requires_safety_checker=False
    )
    loaded.set_progress_bar_config(disable=True)
    config = dict(loaded.scheduler.config)

    def wearing(scales: dict[str, float], scheduler: Scheduler) -> Any:
        kind = scheduler_for(scheduler, config, 4)
        parts = {
            **loaded.components,
            "unet": copy.deepcopy(loaded.unet),
            "text_encoder": copy.deepcopy(loaded.text_encoder),
            "scheduler": type(kind).from_config(kind.config),
        }
        for name, scale in scales.items():
            factor = scale * (ALPHA / RANK if name == "a" else 1.0)
            add_to(parts["unet"], made[name].unet, factor)
            add_to(parts["text_encoder"], made[name].text, factor)
        pipeline = StableDiffusionPipeline(**parts, requires_safety_checker=False)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return wearing


def asked(scales: dict[str, float], **more: Any) -> dict[str, Any]:
    tags = "".join(f" <lora:{name}:{scale}>" for name, scale in scales.items())
    return {"prompt": f"a red dress{tags}", "negative_prompt": "blue", "seed": 3, **more}


def drawn(bench: Bench, finished: dict[str, torch.Tensor], **given: Any) -> torch.Tensor:
    generation = bench.admit(**given)
    while bench.loop.busy:
        bench.loop.tick()
    return finished[generation.id]


@torch.inference_mode()
def by_diffusers(pipeline: Any, scheduler: Scheduler, guidance: float) -> torch.Tensor:
    """The latents that a pipeline draws; of TCD those that its scheduler steps to, which are others."""
    words = {"prompt": "a red dress", "negative_prompt": "blue"}
    source = torch.Generator().manual_seed(3)
    if scheduler != Scheduler.TCD:
        settings = {"width": 64, "height": 64, "num_inference_steps": 4, "output_type": "latent"}
        said = pipeline(**words, **settings, guidance_scale=guidance, generator=source)
        return said.images[0]
    steps = scheduler_for(scheduler, pipeline.scheduler.config, 4)
    positive, negative = pipeline.encode_prompt(
        device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True, **words
    )
    latents = torch.randn((1, 4, 8, 8), generator=source) * steps.init_noise_sigma
    for timestep in steps.timesteps:
        one, other = (
            pipeline.unet(latents, timestep, encoder_hidden_states=each).sample
            for each in (positive, negative)
        )
        guided = one if guidance == 1 else other + guidance * (one - other)
        latents = steps.step(guided, timestep, latents, generator=source).prev_sample
    return latents[0]


def digest(bench: Bench) -> str:
    bundle = bench.drawing.studio.bundle("tiny")
    found = hashlib.sha256()
    for network in (bundle.unet, bundle.encoder._text_encoder):
        for name, tensor in network.state_dict().items():
            found.update(name.encode() + tensor.numpy().tobytes())
    return found.hexdigest()


def far(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).norm() / other.norm())


@pytest.mark.parametrize("scheduler", list(Scheduler))
@pytest.mark.parametrize("guidance", [1.0, 7.5])
def test_a_mixed_step_draws_what_merged_weights_draw(
    bench: Bench,
    finished: dict[str, torch.Tensor],
    merged: Callable[[dict[str, float], Scheduler], Any],
    scheduler: Scheduler,
    guidance: float,
) -> None:
    together = {
        name: bench.admit(**asked(scales, scheduler=scheduler, guidance_scale=guidance))
        for name, scales in WORN.items()
    }
    while bench.loop.busy:
        bench.loop.tick()
    assert bench.rows == [len(WORN) * (2 if guidance > 1 else 1)] * 4
    plain = finished[together["none"].id]
    for name, scales in WORN.items():
        theirs = by_diffusers(merged(scales, scheduler), scheduler, guidance)
        ours = finished[together[name].id]
        assert far(ours, theirs) <= CLOSE, name
        assert name == "none" or far(ours, plain) > 20 * CLOSE, name


def test_mixed_guidance_and_sizes_of_groups_are_those_drawn_alone(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    """Rows of one LoRA apart from each other, some guided and some not, joining between steps."""
    wanted = [
        asked(WORN[name], seed=k, guidance_scale=1.0 if k % 3 == 0 else 5.0, num_images=1 + k % 2)
        for k, name in enumerate(("a", "none", "b", "a", "both", "none", "b", "both", "a"))
    ]
    alone = [drawn(bench, finished, **{**each, "num_images": 1}) for each in wanted]
    together = []
    for each in wanted:
        together.append(bench.admit(**{**each, "num_images": 1}))
        if len(together) % 4 == 0:
            bench.loop.tick()
    while bench.loop.busy:
        bench.loop.tick()
    for one, other in zip(together, alone, strict=True):
        assert far(finished[one.id], other) <= CLOSE


def test_the_base_is_the_same_bit_for_bit_afterwards(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    before, plain = digest(bench), drawn(bench, finished, **asked({}))
    for scales in WORN.values():
        drawn(bench, finished, **asked(scales))
    assert digest(bench) == before
    assert torch.equal(drawn(bench, finished, **asked({})), plain)


def test_an_image_without_one_is_the_same_bit_for_bit_beside_others(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    """The same rows in the same call, of which others wear something or not."""

    def beside(other: str) -> torch.Tensor:
        mine = bench.admit(**asked({}))
        bench.admit(**asked(WORN[other], seed=9))
        while bench.loop.busy:
            bench.loop.tick()
        return finished[mine.id]

    assert torch.equal(beside("none"), beside("both"))


def test_a_scale_of_nothing_is_none(bench: Bench, finished: dict[str, torch.Tensor]) -> None:
    nothing = drawn(bench, finished, **asked({"a": 0.0}))
    assert torch.equal(nothing, drawn(bench, finished, **asked({})))


def test_the_field_does_what_the_tag_does_and_the_tag_wins(
    bench: Bench, finished: dict[str, torch.Tensor]
) -> None:
    by_tag = drawn(bench, finished, **asked({"a": 0.8}))
    by_field = drawn(bench, finished, **asked({}, loras=[{"name": "a", "scale": 0.8}]))
    both = drawn(bench, finished, **asked({"a": 0.8}, loras=[{"name": "a", "scale": -1}]))
    assert torch.equal(by_tag, by_field)
    assert torch.equal(by_tag, both)


def test_the_text_encoder_remembers_each_reading_by_itself(bench: Bench) -> None:
    encoder = bench.drawing.studio.bundle("tiny").encoder
    shelf = bench.drawing.studio.bundle("tiny").shelf
    uses = bench.generation(**asked(WORN["both"])).parameters.loras_used
    outfit = shelf.outfit(uses)
    with torch.inference_mode():
        plain, worn = encoder.encode("a hat"), encoder.encode("a hat", outfit)
        assert not torch.allclose(plain, worn, atol=1e-3)
        assert encoder.encode("a hat") is plain
        # `b` has no part for the text encoder, so its scale changes no reading.
        assert encoder.encode("a hat", outfit[:1]) is worn


def test_half_precision_draws_much_the_same(
    models_file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
    half = Bench(build(models_file))
    (ours,), (theirs,) = half.draw(**asked(WORN["both"])), bench.draw(**asked(WORN["both"]))
    half.close()
    half.drawing.close()
    assert abs(ours - theirs).mean() < abs(bench.draw(**asked({}))[0] - theirs).mean()

"""Drawing over pictures in shared steps: what comes out is what diffusers' pipelines draw, alone and beside others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inference.generation import Generation, State
from inference.protocol import Failed, GenerationEvent, ImageReady, Pictures, Progress, Scheduler
from inference.solvers import scheduler_for
from tests.fixtures.bench import Bench, build
from tests.fixtures.inference import pixels_of, write_catalog

SIDE = 64
HALF_A_LEVEL = 0.5 / 255 + 1e-3  # what rounding to 8 bits takes, and the figure
RELATIVE = 1e-3
STEPS = 8
EXAMPLE: np.ndarray = np.random.default_rng(1).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
HOLE: np.ndarray = np.zeros((SIDE, SIDE), np.uint8)
HOLE[16:48, 24:56] = 255
Draw = Callable[..., Generation]


def png(pixels: np.ndarray) -> bytes:
    written = BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def over(
    bench: Bench, picture: np.ndarray = EXAMPLE, mask: np.ndarray | None = None, **given: Any
) -> Generation:
    """A generation over `picture`, not yet admitted."""
    named = {"init_image": "picture"} | ({} if mask is None else {"mask": "mask"})
    settings = {"prompt": "a red dress", "num_inference_steps": STEPS, "mask_blur": 0}
    generation = bench.generation(**{**settings, **named, **given})
    generation.request = generation.request.model_copy(
        update={
            "pictures": Pictures(init_image=png(picture), mask=None if mask is None else png(mask))
        }
    )
    return generation


def drawn(bench: Bench, *generations: Generation) -> list[np.ndarray]:
    """Their first images in [0, 1], once they have been drawn together."""
    bench.loop.admit(*generations)
    bench.run(*generations)
    for generation in generations:
        assert generation.state is State.SUCCEEDED, generation.mailbox.after(0)[-1].event
    return [pixels_of(generation.images[0]).astype(np.float64) / 255 for generation in generations]


def latents_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[Generation, torch.Tensor]:
    """The latents of what is finished, by generation, as they come."""
    seen: dict[Generation, torch.Tensor] = {}
    take = bench.drawing.finisher.take

    def remembering(slot: Any) -> None:
        seen[slot.generation] = slot.latents.clone()
        take(slot)

    monkeypatch.setattr(bench.drawing.finisher, "take", remembering)
    return seen


@pytest.fixture
def latents(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[Generation, torch.Tensor]:
    return latents_of(bench, monkeypatch)


@pytest.fixture(scope="module")
def pipelines(reference: Any) -> dict[str, Any]:
    from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline

    made = {
        "img2img": StableDiffusionImg2ImgPipeline,
        "inpaint": StableDiffusionInpaintPipeline,
    }
    return {name: _quiet(kind(**reference.components, requires_safety_checker=False)) for name, kind in made.items()}  # fmt: skip


def _quiet(pipeline: Any) -> Any:
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def by_diffusers(pipeline: Any, generation: Generation, mask: np.ndarray | None = None) -> Any:
    """The latents [4, 8, 8] that diffusers' own pipeline ends with for the same settings."""
    asked = generation.parameters
    pipeline.scheduler = scheduler_for(
        asked.scheduler, dict(pipeline.scheduler.config), asked.num_inference_steps
    )
    masked = {} if mask is None else {"mask_image": Image.fromarray(mask), "width": SIDE, "height": SIDE}  # fmt: skip
    return pipeline(
        prompt=asked.prompt,
        image=Image.fromarray(EXAMPLE),
        strength=asked.strength,
        num_inference_steps=asked.num_inference_steps,
        guidance_scale=asked.guidance_scale,
        # A scheduler is told 0 by its pipeline otherwise, and TCD is no longer what it is.
        eta=0.3 if asked.scheduler is Scheduler.TCD else 0.0,
        generator=torch.Generator().manual_seed(asked.seed),
        output_type="latent",
        **masked,
    ).images[0]


def heard(generation: Generation) -> list[GenerationEvent]:
    return [letter.event for letter in generation.mailbox.after(0)]


def relative(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


class TestAsDiffusersDraws:
    """The figure: ≤ 1e-3 relative, with the same seed, in float32, sharing steps with images of other kinds."""

    @pytest.mark.parametrize("scheduler", list(Scheduler))
    @pytest.mark.parametrize("strength", [0.1, 0.3, 0.75, 1.0])
    def test_every_sampler_and_strength(
        self,
        bench: Bench,
        pipelines: dict[str, Any],
        latents: dict[Generation, torch.Tensor],
        scheduler: Scheduler,
        strength: float,
    ) -> None:
        asked: dict[str, Any] = {"strength": strength, "scheduler": scheduler, "seed": 11}
        steps = 10 if strength == 0.1 else STEPS  # one step at least, as diffusers wants it
        whole = over(bench, guidance_scale=5.0, num_inference_steps=steps, **asked)
        part = over(bench, mask=HOLE, guidance_scale=1.0, num_inference_steps=steps, **asked)
        plain = bench.generation(prompt="a blue hat", num_inference_steps=5, seed=3)
        drawn(bench, whole, part, plain)
        assert relative(latents[whole], by_diffusers(pipelines["img2img"], whole)) <= RELATIVE
        assert relative(latents[part], by_diffusers(pipelines["inpaint"], part, HOLE)) <= RELATIVE

    def test_beside_others_it_is_what_it_is_alone(
        self, bench: Bench, latents: dict[Generation, torch.Tensor]
    ) -> None:
        def one_of_each() -> list[Generation]:
            return [
                bench.generation(prompt="a hat", seed=3, num_inference_steps=6),
                over(bench, seed=4, strength=0.5, scheduler=Scheduler.EULER_A),
                over(bench, mask=HOLE, seed=5, strength=0.7, scheduler=Scheduler.LCM),
                over(bench, mask=HOLE, seed=6, strength=1.0, scheduler=Scheduler.DPMPP_2M),
                bench.generation(prompt="a hat", seed=3, variation_seed=9, variation_strength=0.3),
            ]

        together = one_of_each()
        drawn(bench, *together)
        for beside, alone in zip(together, one_of_each(), strict=True):
            drawn(bench, alone)
            assert relative(latents[alone], latents[beside]) <= RELATIVE


class TestWhatIsKept:
    def test_outside_the_mask_no_pixel_changes(self, bench: Bench) -> None:
        (image,) = drawn(bench, over(bench, mask=HOLE, strength=1.0))
        kept = HOLE == 0
        assert np.array_equal((image[kept] * 255).round(), EXAMPLE[kept])
        assert np.abs(image[~kept] * 255 - EXAMPLE[~kept]).mean() > 10

    def test_an_inverted_mask_keeps_the_rest(self, bench: Bench) -> None:
        one, other = drawn(
            bench, over(bench, mask=HOLE), over(bench, mask=255 - HOLE, invert_mask=True)
        )
        assert np.array_equal(one, other)

    def test_at_the_least_strength_a_step_is_taken(self, bench: Bench) -> None:
        generation = over(bench, strength=0.01)
        assert generation.parameters.taken_steps == 1
        drawn(bench, generation)
        steps = [said for said in heard(generation) if isinstance(said, Progress)]
        assert [(said.step, said.total) for said in steps] == [(1, 1)]

    def test_the_masked_area_alone_leaves_the_size_of_the_picture(self, bench: Bench) -> None:
        large: np.ndarray = np.random.default_rng(2).integers(0, 255, (200, 300, 3), np.uint8)
        mask: np.ndarray = np.zeros((200, 300), np.uint8)
        mask[90:110, 250:280] = 255
        (image,) = drawn(bench, over(bench, large, mask, masked_area="masked"))
        assert image.shape == large.shape
        assert np.array_equal((image[mask == 0] * 255).round(), large[mask == 0])
        assert not np.array_equal((image[mask > 0] * 255).round(), large[mask > 0])

    def test_beyond_the_picture_it_is_drawn_on(self, bench: Bench) -> None:
        asked: dict[str, Any] = {
            "width": 96,
            "height": 80,
            "outpaint": {"left": 32, "bottom": 16},
            "strength": 1.0,
        }
        (image,) = drawn(bench, over(bench, **asked))
        assert image.shape == (80, 96, 3)
        assert np.array_equal((image[:64, 32:] * 255).round(), EXAMPLE)

    def test_many_images_of_other_sizes_are_each_scored(self, bench: Bench) -> None:
        large: np.ndarray = np.zeros((96, 128, 3), np.uint8)
        mask: np.ndarray = np.zeros((96, 128), np.uint8)
        mask[40:60, 40:60] = 255
        generations = [
            over(bench, large, mask, masked_area="masked"),
            over(bench, mask=HOLE),
            over(bench),
        ]
        drawn(bench, *generations)
        for generation in generations:
            (ready,) = [said for said in heard(generation) if isinstance(said, ImageReady)]
            assert ready.scores is not None


class TestVariations:
    def test_none_is_the_seed_and_all_is_the_other(self, bench: Bench) -> None:
        plain, none, other, whole = (
            bench.draw(prompt="a hat", **given)[0]
            for given in (
                {"seed": 3},
                {"seed": 3, "variation_seed": 8, "variation_strength": 0.0},
                {"seed": 8},
                {"seed": 3, "variation_seed": 8, "variation_strength": 1.0},
            )
        )
        assert np.array_equal(plain, none)
        assert np.abs(other.astype(int) - whole.astype(int)).max() <= 1
        assert not np.array_equal(plain, other)

    def test_more_of_it_is_farther_away(self, bench: Bench) -> None:
        plain, *varied = (
            bench.draw(prompt="a hat", seed=3, variation_seed=8, variation_strength=share)[0]
            for share in (0.0, 0.1, 0.4, 0.9)
        )
        away = [float(((one.astype(float) - plain) ** 2).mean()) for one in varied]
        assert away == sorted(away)
        assert away[0] > 0

    def test_each_can_be_drawn_again_alone(self, bench: Bench) -> None:
        several = bench.generation(
            prompt="a hat", seed=3, variation_strength=0.3, variation_seed=2**32 - 1, num_images=3
        )
        bench.loop.admit(several)
        bench.run(several)
        for index in range(3):
            alone = several.parameters.of_image(index)
            assert (alone.seed, alone.variation_seed) == (3, (2**32 - 1 + index) % 2**32)
            (again,) = bench.draw(**alone.model_dump(exclude={"model"}))
            assert np.abs(again - pixels_of(several.images[index])).max() <= 1


@pytest.fixture(scope="module")
def folder(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from diffusers import UNet2DConditionModel

    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(tiny_model_dir, folder / "tiny")
    torch.manual_seed(5)
    unet = UNet2DConditionModel.from_pretrained(tiny_model_dir / "unet", local_files_only=True)
    nine = UNet2DConditionModel.from_config({**unet.config, "in_channels": 9})
    nine.save_pretrained(folder / "tiny" / "unet")
    return folder


@pytest.fixture(scope="module")
def nine(folder: Path) -> Iterator[Bench]:
    built = build(write_catalog(folder))
    bench = Bench(built)
    yield bench
    bench.close()
    built.close()


class TestNineChannels:
    """A checkpoint whose UNet is shown the mask, and what surrounds it."""

    @pytest.mark.parametrize("scheduler", [Scheduler.DDIM, Scheduler.EULER_A])
    @pytest.mark.parametrize("strength", [0.6, 1.0])
    def test_draws_as_diffusers_does(
        self,
        nine: Bench,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        scheduler: Scheduler,
        strength: float,
    ) -> None:
        from diffusers import StableDiffusionInpaintPipeline

        seen = latents_of(nine, monkeypatch)
        pipeline = StableDiffusionInpaintPipeline.from_pretrained(
            folder / "tiny", safety_checker=None, local_files_only=True
        )
        asked = over(nine, mask=HOLE, scheduler=scheduler, strength=strength, guidance_scale=4.0)
        drawn(nine, asked)
        assert relative(seen[asked], by_diffusers(_quiet(pipeline), asked, HOLE)) <= RELATIVE

    def test_draws_without_a_picture_and_without_a_mask_too(self, nine: Bench) -> None:
        plain = nine.generation(prompt="a hat")
        drawn(nine, plain, over(nine), over(nine, mask=HOLE))


def why(generation: Generation) -> Failed:
    failed = heard(generation)[-1]
    assert isinstance(failed, Failed)
    return failed


class TestBadPictures:
    @pytest.mark.parametrize(
        ("file", "told"),
        [
            (b"GIF89a", "pictures.init_image cannot be read as a picture"),
            (png(EXAMPLE)[:300], "pictures.init_image cannot be read as a picture"),
            (png(np.zeros((6000, 6000), np.uint8)), "has 6000×6000 pixels; send one of at most"),
        ],
    )
    def test_end_their_generation_and_nobody_elses(
        self, bench: Bench, file: bytes, told: str
    ) -> None:
        bad, good = over(bench), bench.generation(prompt="a hat")
        bad.request = bad.request.model_copy(update={"pictures": Pictures(init_image=file)})
        bench.loop.admit(bad, good)
        bench.run(bad, good)
        failed = why(bad)
        assert (failed.code, failed.retryable) == ("invalid_parameters", False)
        assert told in failed.message
        assert good.state is State.SUCCEEDED

    def test_a_mask_that_changes_nothing_is_said_to(self, bench: Bench) -> None:
        bad = over(bench, mask=np.zeros((SIDE, SIDE), np.uint8))
        bench.loop.admit(bad)
        bench.run(bad)
        assert "paint white where it should" in why(bad).message

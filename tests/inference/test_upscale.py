"""Upscales in shared steps: one window is what diffusers draws, many are what their mixed predictions come to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from inspect import signature
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from inference.generation import Generation, State
from inference.protocol import (
    Done,
    Failed,
    ImageReady,
    InvalidParameters,
    Pictures,
    Preview,
    Progress,
    Scheduler,
    Started,
)
from inference.room import WaitingRoom
from inference.sheets import HELD, Sheet
from inference.slots import Slot
from inference.solvers import scheduler_for
from inference.stages import decode
from inference.stages.denoise import UNet
from tests.fixtures.bench import Bench, build
from tests.fixtures.inference import pixels_of
from tests.inference.test_over import HOLE, heard, latents_of, over, png, relative

RELATIVE = 1e-3
STEPS = 8
SMALL: np.ndarray = np.random.default_rng(7).integers(0, 255, (32, 32, 3), np.uint8)
PICTURE: np.ndarray = np.random.default_rng(8).integers(0, 255, (64, 64, 3), np.uint8)
PLACES = [0, 4, 8]  # of windows of 8 latents, a quarter shared at least, on 16


def upscale(
    bench: Bench,
    picture: np.ndarray = PICTURE,
    factor: int = 2,
    method: str = "diffusion",
    **given: Any,
) -> Generation:
    """An upscale of `picture`, not yet admitted."""
    asked = {"strength": 0.5, "seed": 11, "upscale": {"factor": factor, "method": method}}
    return over(bench, picture, **{**asked, **given})


def drawn(bench: Bench, *generations: Generation) -> None:
    bench.loop.admit(*generations)
    bench.run(*generations)
    for generation in generations:
        assert generation.state is State.SUCCEEDED, heard(generation)[-1]


def laid_out(bench: Bench, *generations: Generation) -> None:
    """Admit them and wait until their pictures are ready for the next tick."""
    bench.loop.admit(*generations)
    bench.drawing.enlarger._pool.submit(lambda: None).result(30)


@pytest.fixture
def latents(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[Generation, torch.Tensor]:
    return latents_of(bench, monkeypatch)


def lanczos(picture: np.ndarray, factor: int) -> Image.Image:
    height, width, _ = picture.shape
    size = (width * factor, height * factor)
    return Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)


class TestAsDiffusersDraws:
    @pytest.mark.parametrize("scheduler", list(Scheduler))
    def test_one_window_is_image_to_image_of_the_larger_picture(
        self,
        bench: Bench,
        reference: Any,
        latents: dict[Generation, torch.Tensor],
        scheduler: Scheduler,
    ) -> None:
        from diffusers import StableDiffusionImg2ImgPipeline

        asked = upscale(bench, SMALL, scheduler=scheduler, guidance_scale=5.0)
        drawn(bench, asked, bench.generation(prompt="a blue hat", num_inference_steps=5))
        pipeline = StableDiffusionImg2ImgPipeline(
            **reference.components, requires_safety_checker=False
        )
        pipeline.set_progress_bar_config(disable=True)
        pipeline.scheduler = scheduler_for(scheduler, dict(reference.scheduler.config), STEPS)
        theirs = pipeline(
            prompt=asked.parameters.prompt,
            image=lanczos(SMALL, 2),
            strength=0.5,
            num_inference_steps=STEPS,
            guidance_scale=5.0,
            eta=0.3 if scheduler is Scheduler.TCD else 0.0,
            generator=torch.Generator().manual_seed(11),
            output_type="latent",
        ).images[0]
        assert relative(latents[asked], theirs) <= RELATIVE

    @pytest.mark.parametrize("scheduler", list(Scheduler))
    @pytest.mark.parametrize("strength", [0.3, 1.0])
    def test_many_windows_are_their_mixed_predictions(
        self,
        bench: Bench,
        scheduler_config: dict[str, Any],
        latents: dict[Generation, torch.Tensor],
        scheduler: Scheduler,
        strength: float,
    ) -> None:
        asked = upscale(bench, scheduler=scheduler, strength=strength, guidance_scale=4.0)
        drawn(bench, asked)
        assert asked.steps_done == asked.parameters.taken_steps * len(PLACES) ** 2
        wanted = _in_windows(bench, asked, scheduler_config)
        assert relative(latents[asked], wanted) <= RELATIVE

    def test_beside_others_it_is_what_it_is_alone(
        self, bench: Bench, latents: dict[Generation, torch.Tensor]
    ) -> None:
        def one_of_each() -> list[Generation]:
            return [
                bench.generation(prompt="a hat", seed=3, num_inference_steps=6),
                over(bench, mask=HOLE, seed=5, strength=0.7, scheduler=Scheduler.LCM),
                upscale(bench, scheduler=Scheduler.EULER_A),
                upscale(bench, SMALL, factor=4, seed=5, scheduler=Scheduler.DPMPP_2M),
                upscale(bench, seed=6, variation_seed=9, variation_strength=0.3),
            ]

        together = one_of_each()
        drawn(bench, *together)
        assert max(bench.rows) > 2  # steps were shared
        for beside, alone in zip(together, one_of_each(), strict=True):
            drawn(bench, alone)
            assert relative(latents[alone], latents[beside]) <= RELATIVE


@torch.inference_mode()
def _in_windows(bench: Bench, generation: Generation, config: dict[str, Any]) -> torch.Tensor:
    """The latents of diffusers' UNet and scheduler: predictions mixed, a step taken, coarse shapes put back."""
    asked, bundle = generation.parameters, bench.drawing.studio.bundle("tiny")
    scheduler = scheduler_for(asked.scheduler, config, asked.num_inference_steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(asked.skipped_steps)
    pixels = torch.from_numpy(np.array(lanczos(PICTURE, 2))).permute(2, 0, 1)[None] / 127.5 - 1
    told = bundle.vae.encode(pixels).latent_dist
    source = torch.Generator().manual_seed(asked.seed)
    shape = (1, 4, 16, 16)
    picture = told.mean + told.std * torch.randn(shape, generator=source)
    picture, noise = (
        picture * bundle.vae.config.scaling_factor,
        torch.randn(shape, generator=source),
    )
    timesteps = scheduler.timesteps[asked.skipped_steps :]
    latents = scheduler.add_noise(picture, noise, timesteps[:1])
    takes = "generator" in signature(scheduler.step).parameters
    noisy = {"generator": source} if takes and not asked.scheduler.startswith("dpmpp") else {}
    for place, timestep in enumerate(timesteps):
        seen = scheduler.scale_model_input(latents, timestep)
        said = _mixed(partial(_guided, bundle, asked, timestep), seen)
        latents = scheduler.step(said, timestep, latents, return_dict=False, **noisy)[0]
        following = timesteps[place + 1 : place + 2]
        stands = scheduler.add_noise(picture, noise, following) if len(following) else picture
        away = interpolate(stands - latents, scale_factor=1 / HELD, mode="bicubic", antialias=True)
        latents = latents + interpolate(away, scale_factor=HELD, mode="bicubic")
    return latents[0]


def _guided(bundle: Any, asked: Any, timestep: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    negative, positive = (
        bundle.unet(
            seen, timestep, encoder_hidden_states=bundle.encoder.encode(text), return_dict=False
        )[0]
        for text in (asked.negative_prompt, asked.prompt)
    )
    return cast("torch.Tensor", negative + asked.guidance_scale * (positive - negative))


def _mixed(predict: Callable[[torch.Tensor], torch.Tensor], seen: torch.Tensor) -> torch.Tensor:
    rising = [0.15625, 0.84375, 1, 1, 1, 1, 0.84375, 0.15625]  # 3t² - 2t³ at ¼ and ¾
    weight = torch.tensor(rising)[:, None] * torch.tensor(rising)
    total, mixed = torch.zeros(16, 16), torch.zeros_like(seen)
    for top in PLACES:
        for left in PLACES:
            window = (..., slice(top, top + 8), slice(left, left + 8))
            mixed[window] += weight * predict(seen[window])
            total[window[1:]] += weight
    return mixed / total


class TestSharing:
    def test_a_sketch_overtakes_at_every_tick(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 8)
        large = upscale(bench, np.tile(PICTURE, (2, 2, 1)), factor=4, guidance_scale=1.0)
        laid_out(bench, large)
        bench.loop.tick()
        assert large.enlargement is not None
        assert large.enlargement.grid.windows == 121
        ticks = 0
        while large.steps_to_take - large.steps_done > 4 * 8:
            sketch = bench.admit(num_inference_steps=2, guidance_scale=1.0, width=72)
            bench.loop.tick()
            bench.loop.tick()
            assert sketch.steps_done == 2
            bench.loop.tick()  # only this one is left to the upscale
            ticks += 1
        assert ticks > 50
        bench.run(large)
        assert large.state is State.SUCCEEDED

    def test_rows_that_a_sketch_of_that_size_leaves_are_taken(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 8)
        large = upscale(bench, guidance_scale=1.0)
        laid_out(bench, large)
        sketch = bench.admit(prompt="a red dress", num_inference_steps=2, guidance_scale=1.0)
        bench.loop.tick()
        bench.loop.tick()
        # Seven windows, and then the two that end the step, beside the sketch.
        assert bench.rows == [8, 3]
        assert sketch.steps_done == 2
        bench.run(large)

    def test_no_more_windows_are_offered_than_fit_a_step(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offered: list[int] = []
        choose = bench.loop._policy.choose

        def counting(runners: Any, *given: Any) -> list[Slot]:
            known = list(runners)
            offered.append(len(known))
            return choose(known, *given)

        monkeypatch.setattr(bench.loop._policy, "choose", counting)
        monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 8)
        drawn(bench, upscale(bench, guidance_scale=4.0, factor=4))
        assert max(offered) == 4

    def test_upscales_leave_half_of_the_room_to_others(self, tiny_models_file: Path) -> None:
        bench = Bench(build(tiny_models_file, slots=4))
        large: np.ndarray = np.zeros((512, 512, 3), np.uint8)
        first, second = (upscale(bench, large, factor=4, method="resample") for _ in range(2))
        assert first.berths == 4
        laid_out(bench, first)
        assert (bench.loop.taken.berths, bench.loop.taken.large) == (2, 2)
        room, sketch = _room(second), bench.generation()
        assert bench.loop.next_of(room) is None
        room.add(sketch, running=1)
        assert bench.loop.next_of(room) is sketch
        bench.run(first)
        bench.drawing.close()


class TestTelling:
    def test_progress_counts_windows_and_previews_show_the_whole(self, bench: Bench) -> None:
        asked = upscale(bench, num_inference_steps=4)
        drawn(bench, asked)
        steps = [said for said in heard(asked) if isinstance(said, Progress)]
        assert (steps[-1].step, steps[-1].total) == (2 * 9, 2 * 9)
        shown = [said for said in heard(asked) if isinstance(said, Preview)]
        assert {(one.width, one.height) for one in shown} == {(64, 64)}
        assert asked.units_left == 0

    def test_work_left_is_that_of_all_windows(self, bench: Bench) -> None:
        asked = upscale(bench, num_inference_steps=4, guidance_scale=4.0)
        assert asked.units_left == 2 * 9 * 2 * 64 * 64

    @pytest.mark.parametrize(
        ("shape", "factor", "windows"), [((50, 61), 2, 6), ((8, 9), 4, 1), ((40, 90), 4, 24)]
    )
    def test_the_image_has_the_enlarged_size(
        self, bench: Bench, shape: tuple[int, int], factor: int, windows: int
    ) -> None:
        picture: np.ndarray = np.full((*shape, 3), 90, np.uint8)
        asked = upscale(bench, picture, factor=factor, num_inference_steps=2)
        assert asked.enlargement is not None
        assert asked.enlargement.grid.windows == windows
        drawn(bench, asked)
        (ready,) = [said for said in heard(asked) if isinstance(said, ImageReady)]
        assert (ready.height, ready.width) == (shape[0] * factor, shape[1] * factor)
        assert pixels_of(asked.images[0]).shape == (ready.height, ready.width, 3)
        assert not ready.resampled


class TestResampling:
    def test_takes_no_step_and_says_that_nothing_was_drawn(self, bench: Bench) -> None:
        asked = upscale(bench, factor=4, method="resample")
        drawn(bench, asked)
        assert bench.rows == []
        assert np.array_equal(pixels_of(asked.images[0]), np.array(lanczos(PICTURE, 4)))
        told = heard(asked)
        assert [type(said) for said in told[1:]] == [ImageReady, Done]
        assert isinstance(told[0], Started)
        ready, done = cast("ImageReady", told[-2]), cast("Done", told[-1])
        assert ready.resampled
        assert ready.scores is not None
        assert done.timings.keys() == {"encode", "resample", "safety"}

    def test_a_picture_that_cannot_be_read_ends_its_generation_only(self, bench: Bench) -> None:
        cut = png(PICTURE)[:2000]
        bad, good = upscale(bench, method="resample"), bench.generation()
        bad.request = bad.request.model_copy(update={"pictures": Pictures(init_image=cut)})
        bench.loop.admit(bad, good)
        bench.run(bad, good)
        assert (bad.state, good.state) == (State.FAILED, State.SUCCEEDED)
        assert "cannot be read as a picture" in cast("Failed", heard(bad)[-1]).message


class TestBounds:
    @pytest.mark.parametrize(
        ("size", "asked", "told"),
        [
            ((3000, 20), {"factor": 4}, "3000×20 pixels, .* take factor 2, or send .* 2048×2048"),
            ((5000, 20), {"factor": 2}, "send a picture of at most 4096×4096"),
            ((2048, 2048), {"factor": 4, "num_images": 2}, "num_images must be at most 1 "),
        ],
    )
    def test_what_is_too_large_is_refused_with_what_would_do(
        self, bench: Bench, size: tuple[int, int], asked: dict[str, Any], told: str
    ) -> None:
        picture: np.ndarray = np.zeros((size[1], size[0], 3), np.uint8)
        generation = upscale(bench, picture, **asked)
        with pytest.raises(InvalidParameters, match=told):
            _ = generation.enlargement

    def test_a_photograph_on_its_side_is_measured_upright(self, bench: Bench) -> None:
        turned = Image.fromarray(PICTURE[:32])
        exif = turned.getexif()
        exif[0x0112] = 6
        written = BytesIO()
        turned.save(written, "JPEG", exif=exif)
        asked = upscale(bench, method="resample")
        asked.request = asked.request.model_copy(
            update={"pictures": Pictures(init_image=written.getvalue())}
        )
        drawn(bench, asked)
        assert pixels_of(asked.images[0]).shape == (128, 64, 3)


class TestTrouble:
    def test_one_that_is_canceled_is_gone_by_the_next_tick(self, bench: Bench) -> None:
        asked = upscale(bench)
        laid_out(bench, asked)
        bench.loop.tick()
        asked.ask_to_stop()
        bench.loop.tick()
        assert asked.state is State.CANCELED
        assert not bench.loop.busy
        assert bench.loop.taken.berths == 0

    def test_one_that_is_canceled_while_it_is_decoded_ends_there(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = upscale(bench, num_inference_steps=2)
        monkeypatch.setenv("ATELIER_VAE_MEMORY_MB", "1")
        real, tiles = decode.decode, []

        def stopping(vae: Any, latents: torch.Tensor, between: Callable[[], None]) -> torch.Tensor:
            def after_a_tile() -> None:
                tiles.append(1)
                asked.ask_to_stop()
                between()

            return real(vae, latents, after_a_tile)

        monkeypatch.setattr("inference.finishing.decode.decode", stopping)
        monkeypatch.setattr("inference.stages.memory.WHOLE", 64)
        bench.loop.admit(asked)
        bench.run(asked)
        assert (asked.state, len(tiles)) == (State.CANCELED, 1)

    def test_a_sketch_is_finished_while_an_upscale_is_decoded(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, go_on = decode.decode, threading.Event()

        def waiting(vae: Any, latents: torch.Tensor, *given: Any) -> torch.Tensor:
            if latents.shape[-1] > 8:
                assert go_on.wait(30)
            return real(vae, latents, *given)

        monkeypatch.setattr("inference.finishing.decode.decode", waiting)
        large, sketch = upscale(bench, num_inference_steps=2), bench.generation()
        laid_out(bench, large)
        while bench.loop.busy:
            bench.loop.tick()
        assert not large.ended
        drawn(bench, sketch)
        assert not large.ended
        go_on.set()
        bench.run(large)

    def test_running_out_of_memory_halves_the_rows_and_loses_nothing(
        self, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bench = Bench(build(tiny_models_file))
        seen = latents_of(bench, monkeypatch)
        calm, short = upscale(bench), upscale(bench)
        drawn(bench, calm)

        def no_more_than_four(unet: UNet, *given: torch.Tensor) -> torch.Tensor:
            if len(given[0]) > 4:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return unet(*given)

        _around_the_unet(bench, no_more_than_four)
        drawn(bench, short)
        assert relative(seen[short], seen[calm]) <= RELATIVE
        bench.drawing.close()

    def test_what_overflows_in_half_precision_is_drawn_again_in_float32(
        self, tiny_models_file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
        half = Bench(build(tiny_models_file))
        real = type(half.drawing.studio).unet

        def unet(key: Any, *rows: Any) -> UNet:
            plain = real(half.drawing.studio, key, *rows)
            return plain if key.precise else lambda *given: plain(*given) * float("nan")

        monkeypatch.setattr(half.drawing.studio, "unet", unet)
        asked, wanted = upscale(half), upscale(bench)
        drawn(half, asked)
        drawn(bench, wanted)
        assert asked.steps_done == asked.steps_to_take
        difference = pixels_of(asked.images[0]).astype(float) - pixels_of(wanted.images[0])
        assert float(np.abs(difference).mean()) < 10
        half.drawing.close()


def _room(*waiting: Generation) -> WaitingRoom:
    room = WaitingRoom()
    for generation in waiting:
        room.add(generation, running=1)
    return room


def _around_the_unet(bench: Bench, around: Callable[..., torch.Tensor]) -> None:
    studio = bench.drawing.studio
    real = type(studio).unet

    def wrapped(key: Any, *rows: Any) -> UNet:
        unet = real(studio, key, *rows)
        return lambda *given: around(unet, *given)

    studio.unet = wrapped  # type: ignore[method-assign, assignment]


def test_a_sheet_keeps_no_more_than_it_needs(bench: Bench) -> None:
    """Noise that is still to come is not held: at 8K and a hundred steps it would be gigabytes."""
    asked = upscale(bench, scheduler=Scheduler.EULER_A, num_inference_steps=100, strength=1.0)
    laid_out(bench, asked)
    bench.loop.tick()
    (sheet,) = bench.loop._slots
    assert isinstance(sheet, Sheet)
    held = [value for value in vars(sheet).values() if isinstance(value, torch.Tensor)]
    assert sum(tensor.numel() for tensor in held) <= 9 * sheet.latents.numel()
    asked.ask_to_stop()
    bench.loop.tick()

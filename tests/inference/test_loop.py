"""The loop, one tick at a time: pictures as diffusers draws them, calls counted, nothing lost.

No clock decides anything here: the tests take the ticks themselves.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from inference.drawing import Drawing
from inference.generation import Generation, State
from inference.protocol import Failed, ImageReady, Preview, Priority, Scheduler
from inference.slots import Slot
from inference.solvers import scheduler_for
from inference.stages.encode import PromptEncoder
from inference.stopwatch import Tell
from loadtests.counters import grown, parse
from tests.fixtures.bench import MOMENT, PATIENCE, Bench, build
from tests.fixtures.inference import pixels_of, psnr

STEPS = (1, 2, 4, 8, 20)


@pytest.fixture
def prompts_read(bench: Bench) -> Iterator[list[int]]:
    """How many prompts the text encoder is given, call by call."""
    calls: list[int] = []
    network = bench.drawing.studio.bundle("tiny").encoder._text_encoder
    hook = network.register_forward_pre_hook(lambda _, given: calls.append(len(given[0])))
    yield calls
    hook.remove()


@pytest.fixture
def eight_rows(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.studio, "row_cap", lambda _: 8)


class TestPictures:
    @pytest.mark.parametrize("scheduler", list(Scheduler))
    @pytest.mark.parametrize("guidance", [1.0, 7.5])
    def test_are_those_that_diffusers_draws(
        self, bench: Bench, reference: Any, scheduler: Scheduler, guidance: float
    ) -> None:
        config = dict(reference.scheduler.config)
        reference.scheduler = type(scheduler_for(scheduler, config, 4)).from_config(
            scheduler_for(scheduler, config, 4).config
        )
        theirs = reference(
            prompt="a red dress",
            negative_prompt="blue",
            width=64,
            height=64,
            num_inference_steps=4,
            guidance_scale=guidance,
            eta=0.3 if scheduler == Scheduler.TCD else 0.0,
            generator=torch.Generator().manual_seed(3),
            output_type="np",
        ).images[0]
        (ours,) = bench.draw(
            prompt="a red dress",
            negative_prompt="blue",
            guidance_scale=guidance,
            scheduler=scheduler,
        )
        assert psnr(ours, np.asarray(theirs, dtype=np.float64) * 255) >= 45

    def test_joining_at_random_changes_no_latents(
        self, bench: Bench, scheduler_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every sampler, step count and guidance, joining whenever, against diffusers run alone."""
        finished: dict[str, torch.Tensor] = {}
        monkeypatch.setattr(
            bench.drawing.finisher,
            "take",
            lambda slot: finished.__setitem__(slot.generation.id, slot.latents.clone()),
        )
        monkeypatch.setattr(bench.drawing.studio, "row_cap", lambda _: 8)
        asked = [
            bench.generation(
                scheduler=scheduler, num_inference_steps=steps, guidance_scale=scale, seed=k
            )
            for k, (scheduler, steps, scale) in enumerate(
                (scheduler, steps, scale)
                for scheduler in Scheduler
                for steps in STEPS
                for scale in (1.0, 7.5)
            )
        ]
        rng = random.Random(0)
        waiting = rng.sample(asked, len(asked))
        while waiting or bench.loop.busy:
            for _ in range(min(len(waiting), rng.randint(0, 3))):
                bench.loop.admit(waiting.pop())
            bench.loop.tick()
        for generation in asked:
            wanted = _by_diffusers(bench, generation, scheduler_config)
            made = finished[generation.id]
            assert (made - wanted).abs().max() <= 1e-4 * wanted.abs().max()

    def test_of_a_long_prompt_is_the_same_alone_and_beside_others(self, bench: Bench) -> None:
        asked = {"prompt": "a (red:1.3) coat BREAK with buttons", "negative_prompt": "(noise:1.2)"}
        (alone,) = bench.draw(**asked)
        others = [
            bench.admit(prompt=prompt, num_images=2)
            for prompt in ("red", "blue BREAK coat", "green")
        ]
        beside = bench.admit(**asked)
        bench.run(beside, *others)
        assert psnr(alone, pixels_of(beside.images[0])) >= 45

    @pytest.mark.parametrize("prompt", ["a (red:1.5) dress", "a red BREAK dress", "a dress"])
    def test_follow_weights_and_breaks(self, bench: Bench, prompt: str) -> None:
        assert not np.array_equal(bench.draw(prompt=prompt)[0], bench.draw(prompt="a red dress")[0])

    def test_of_one_generation_have_words_of_their_own(self, bench: Bench) -> None:
        template = "a {red|blue BREAK with buttons} coat"
        asked = {"prompt": template, "negative_prompt": "{|noise}", "seed": 40, "num_images": 4}
        generation = bench.admit(**asked)
        whole = [generation.parameters.of_image(index) for index in range(4)]
        assert {one.prompt for one in whole} == {"a red coat", "a blue BREAK with buttons coat"}
        bench.run(generation)
        steps = [len(generation.images), generation.steps_done]
        for index, one in enumerate(whole):
            (alone,) = bench.draw(
                prompt=one.prompt, negative_prompt=one.negative_prompt, seed=one.seed
            )
            assert psnr(alone, pixels_of(generation.images[index])) >= 45
        assert steps == [4, generation.parameters.num_inference_steps]

    def test_the_negative_prompt_matters_only_when_guided(self, bench: Bench) -> None:
        def with_negative(words: str, guidance: float) -> np.ndarray:
            return bench.draw(negative_prompt=words, guidance_scale=guidance)[0]

        assert np.array_equal(with_negative("blue", 1.0), with_negative("green", 1.0))
        assert not np.array_equal(with_negative("blue", 9.0), with_negative("green", 9.0))

    def test_half_precision_draws_much_the_same(
        self, tiny_models_file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
        half = Bench(build(tiny_models_file))
        assert psnr(half.draw()[0], bench.draw()[0]) > 25
        half.drawing.close()


@pytest.mark.usefixtures("eight_rows")
class TestCalls:
    def test_forty_eight_requests_of_four_steps_in_eight_slots_take_twenty_four(
        self, bench: Bench
    ) -> None:
        drawn = [bench.admit(guidance_scale=1.0, seed=k) for k in range(48)]
        bench.run(*drawn)
        assert len(bench.rows) == 24
        assert sum(bench.rows) == 48 * 4

    def test_unguided_steps_cost_one_row_an_image(self, bench: Bench) -> None:
        bench.draw(guidance_scale=1.0, num_images=2)
        bench.draw(guidance_scale=2.0, num_images=2)
        assert bench.rows == [2] * 4 + [4] * 4

    def test_images_join_and_leave_between_steps(self, bench: Bench) -> None:
        first = bench.admit(guidance_scale=1.0)
        bench.loop.tick()
        second = bench.admit(guidance_scale=1.0)
        bench.run(first, second)
        assert bench.rows == [1, 2, 2, 2, 1]

    def test_a_sketch_overtakes_finals(self, bench: Bench) -> None:
        finals = [bench.admit(num_inference_steps=50) for _ in range(4)]
        bench.loop.tick()
        sketch = bench.admit()
        while sketch.steps_done < 4:
            bench.loop.tick()
        assert len(bench.rows) == 5
        assert sum(final.steps_done for final in finals) == 4 + 4 * 3
        _cancel(bench, finals)

    def test_sizes_do_not_mix(self, bench: Bench) -> None:
        small, large = bench.admit(), bench.admit(width=128)
        bench.run(small, large)
        assert bench.rows == [2] * 8

    def test_prompts_of_other_lengths_do_not_mix_and_equal_ones_do(self, bench: Bench) -> None:
        short, long = {"prompt": "red"}, {"prompt": "red", "negative_prompt": "a BREAK b"}
        longer = {"prompt": "a (red:1.3) coat BREAK with buttons BREAK on cream"}
        bench.run(*(bench.admit(**asked) for asked in (short, long, longer, long, short)))
        assert sorted(bench.rows) == [2] * 4 + [4] * 8

    def test_a_canceled_image_is_gone_by_the_next_tick(self, bench: Bench) -> None:
        one, other = bench.admit(guidance_scale=1.0), bench.admit(guidance_scale=1.0)
        bench.loop.tick()
        one.ask_to_stop()
        bench.run(other)
        assert bench.rows == [2, 1, 1, 1]
        assert one.state is State.CANCELED

    def test_what_was_already_finished_is_not_stepped_again(self, bench: Bench) -> None:
        generation = bench.admit(num_inference_steps=1)
        bench.run(generation)
        assert bench.rows == [2]


class TestWaste:
    def test_what_was_canceled_is_wasted_from_its_first_row(self, bench: Bench) -> None:
        before = counted(bench)
        one, other = bench.admit(guidance_scale=1.0), bench.admit()
        bench.loop.tick()
        bench.loop.tick()
        one.ask_to_stop()
        bench.run(other)
        assert grown(before, counted(bench)) == {"rows": 2 + 4 * 2, "rows_wasted": 2, "images": 1}

    def test_what_failed_is_wasted(self, bench: Bench) -> None:
        before = counted(bench)
        generation = bench.admit(num_images=2)
        bench.loop.tick()
        restore = _wrap_unet(bench, _explode)
        bench.run(generation)
        restore()
        assert generation.state is State.FAILED
        assert grown(before, counted(bench)) == {"rows": 4, "rows_wasted": 4, "images": 0}

    def test_what_is_canceled_too_late_to_be_stopped_is_wasted(self, bench: Bench) -> None:
        before = counted(bench)
        generation = bench.admit(num_inference_steps=1)

        def cancel_meanwhile(unet: Any, *given: torch.Tensor) -> torch.Tensor:
            generation.ask_to_stop()
            return cast("torch.Tensor", unet(*given))

        restore = _wrap_unet(bench, cancel_meanwhile)
        bench.run(generation)
        restore()
        assert generation.state is State.SUCCEEDED
        wasted = {"rows": 2, "rows_wasted": 2, "images": 1}
        _eventually(lambda: [1] * (grown(before, counted(bench)) == wasted), 1)

    def test_nothing_else_is(self, bench: Bench) -> None:
        before = counted(bench)
        bench.draw()
        assert grown(before, counted(bench)) == {"rows": 8, "rows_wasted": 0, "images": 1}


def counted(bench: Bench) -> dict[str, float]:
    return parse(bench.loop._around.metrics.text().decode())


class TestAdmission:
    def test_reads_the_prompts_of_all_who_enter_at_once(
        self, bench: Bench, prompts_read: list[int]
    ) -> None:
        bench.loop.admit(
            bench.generation(prompt="one", negative_prompt="three"),
            bench.generation(prompt="two", negative_prompt="not asked", guidance_scale=1.0),
            bench.generation(prompt="one", negative_prompt="three"),
        )
        assert prompts_read == [3]
        assert bench.loop.images == 3
        bench.run(*[slot.generation for slot in bench.loop._slots])

    def test_a_prompt_that_cannot_be_read_ends_nobody_else(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = PromptEncoder._encode

        def fails(encoder: PromptEncoder, prompts: list[str]) -> list[torch.Tensor]:
            if "unreadable" in prompts:
                raise ValueError("boom")
            return real(encoder, prompts)

        monkeypatch.setattr(PromptEncoder, "_encode", fails)
        hit, spared = bench.generation(prompt="unreadable"), bench.generation(prompt="plain")
        bench.loop.admit(hit, spared)
        bench.run(hit, spared)
        assert (hit.state, spared.state) == (State.FAILED, State.SUCCEEDED)

    def test_noise_is_drawn_and_copied_once(self, bench: Bench) -> None:
        generation = bench.admit(scheduler=Scheduler.LCM, num_inference_steps=4)
        (slot,) = bench.loop._slots
        assert isinstance(slot, Slot)
        assert slot.noise.shape == (slot.brief.table.draws, 4, 8, 8)
        assert len(slot.noise) > 0
        _cancel(bench, [generation])


class TestTelling:
    def test_first_previews_come_after_the_first_step(self, bench: Bench) -> None:
        generation = bench.admit(num_images=2, num_inference_steps=8)
        bench.loop.tick()
        shown = _eventually(lambda: _all(generation, Preview), 2)
        assert {(preview.index, preview.step) for preview in shown} == {(0, 1), (1, 1)}
        _cancel(bench, [generation])

    def test_a_slow_reader_changes_nothing(self, bench: Bench) -> None:
        generation = bench.admit(num_inference_steps=100, guidance_scale=1.0)
        bench.run(generation)
        assert bench.rows == [1] * 100
        assert len(generation.mailbox.after(0)) <= 5

    def test_an_urgent_one_is_admitted_first_come_what_may(self, bench: Bench) -> None:
        low = bench.admit(priority=Priority.LOW, num_inference_steps=2)
        high = bench.admit(priority=Priority.HIGH, num_inference_steps=20)
        bench.run(low, high)
        assert low.state is high.state is State.SUCCEEDED


class TestTiming:
    def test_pace_and_metrics_go_by_the_devices_clock(self, tiny_models_file: Path) -> None:
        told: list[tuple[float, float]] = []
        bench = Bench(build(tiny_models_file))
        bench.loop._stopwatch = Slow()
        bench.loop._around.pace.observe = lambda *seen: told.append(seen)  # type: ignore[method-assign]
        bench.run(bench.admit(num_inference_steps=3))
        assert told == [(2 * 64 * 64, 7.0)] * 2  # the last step is told of with the next one
        assert b"step_seconds_sum 14.0" in bench.loop._around.metrics.text()
        bench.drawing.close()


class Slow:
    """Every step takes seven seconds, told of when the next one is taken."""

    def __init__(self) -> None:
        self._told: list[Tell] = []

    def start(self) -> None: ...

    def stop(self, tell: Tell) -> None:
        self._told.append(tell)
        for earlier in self._told[:-1]:
            earlier(7.0)
        del self._told[:-1]


class TestTrouble:
    def test_running_out_of_memory_halves_the_rows_and_loses_nothing(
        self, tiny_models_file: Path
    ) -> None:
        bench = Bench(build(tiny_models_file))
        calm = [bench.draw(seed=seed)[0] for seed in range(4)]
        restore = _wrap_unet(bench, _no_more_than(4))
        drawn = [bench.admit(seed=seed) for seed in range(4)]
        bench.run(*drawn)
        restore()
        for generation, wanted in zip(drawn, calm, strict=True):
            assert psnr(pixels_of(generation.images[0]), wanted) >= 45
        bench.drawing.close()

    def test_without_memory_for_a_single_image_it_says_so(self, tiny_models_file: Path) -> None:
        bench = Bench(build(tiny_models_file))
        _wrap_unet(bench, _no_more_than(0))
        generation = bench.admit()
        bench.run(generation)
        failed = cast("Failed", generation.mailbox.after(0)[-1].event)
        assert "no memory for an image of 64×64; ask for a smaller one" in failed.message
        bench.drawing.close()

    def test_latents_that_overflow_are_an_error_with_advice(self, bench: Bench) -> None:
        restore = _wrap_unet(bench, lambda unet, *given: unet(*given) * float("inf"))
        generation = bench.admit()
        bench.run(generation)
        restore()
        failed = cast("Failed", generation.mailbox.after(0)[-1].event)
        assert "latents are not finite" in failed.message
        assert "ATELIER_DTYPE=float32" in failed.message

    def test_in_half_precision_they_are_drawn_again_in_float32(
        self, tiny_models_file: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
        half = Bench(build(tiny_models_file))
        _wrap_unet(half, lambda unet, *given: unet(*given) * float("nan"), precise=False)
        assert psnr(half.draw()[0], bench.draw()[0]) > 25
        half.drawing.close()

    def test_a_bug_ends_who_shared_the_step_and_nobody_else(self, bench: Bench) -> None:
        restore = _wrap_unet(bench, _explode)
        hit, spared = bench.admit(), bench.admit(width=128)
        bench.loop.tick()
        restore()
        bench.run(spared)
        assert {hit.state, spared.state} == {State.FAILED, State.SUCCEEDED}
        failed = cast("Failed", hit.mailbox.after(0)[-1].event)
        assert (failed.code, failed.message) == ("broken", "the engine failed: boom")


@torch.inference_mode()
def _by_diffusers(bench: Bench, generation: Generation, config: dict[str, Any]) -> torch.Tensor:
    """The latents that diffusers' scheduler and the UNet make of a generation, nobody else around."""
    asked, bundle = generation.parameters, bench.drawing.studio.bundle("tiny")
    scheduler = scheduler_for(asked.scheduler, config, asked.num_inference_steps)
    source = torch.Generator().manual_seed(asked.seed)
    noisy = {"generator": source} if "generator" in signature(scheduler.step).parameters else {}
    noisy = {} if asked.scheduler.startswith("dpmpp") else noisy
    words = [bundle.encoder.encode(text) for text in (asked.negative_prompt, asked.prompt)]
    latents = torch.randn((1, 4, 8, 8), generator=source) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        seen = scheduler.scale_model_input(latents, timestep)
        negative, positive = (
            bundle.unet(seen, timestep, encoder_hidden_states=one, return_dict=False)[0]
            for one in words
        )
        guided = negative + asked.guidance_scale * (positive - negative)
        said = guided if asked.guidance_scale > 1 else positive
        latents = scheduler.step(said, timestep, latents, return_dict=False, **noisy)[0]
    return latents[0]


def _wrap_unet(
    bench: Bench, around: Callable[..., torch.Tensor], *, precise: bool | None = None
) -> Callable[[], None]:
    """Have `around(unet, latents, timesteps, embeddings)` called in the UNet's place."""
    studio = bench.drawing.studio
    real = type(studio).unet

    def wrapped(key: Any, *dressed: Any) -> Any:
        unet = real(studio, key, *dressed)
        if precise is not None and key.precise != precise:
            return unet
        return lambda *given: around(unet, *given)

    studio.unet = wrapped  # type: ignore[assignment, method-assign]
    return lambda: studio.__dict__.pop("unet")


def _explode(*_: object) -> torch.Tensor:
    raise ValueError("boom")


def _no_more_than(rows: int) -> Callable[..., torch.Tensor]:
    def limited(unet: Any, latents: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        if len(latents) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        made: torch.Tensor = unet(latents, *rest)
        return made

    return limited


def _all(generation: Generation, kind: type) -> list[Any]:
    return [
        letter.event for letter in generation.mailbox.after(0) if isinstance(letter.event, kind)
    ]


def _eventually(events: Callable[[], list[Any]], count: int) -> list[Any]:
    deadline = time.monotonic() + PATIENCE
    while len(found := events()) < count:
        assert time.monotonic() < deadline
        time.sleep(MOMENT)
    return found


def _cancel(bench: Bench, generations: list[Generation]) -> None:
    for generation in generations:
        generation.ask_to_stop()
    bench.loop.tick()
    assert not bench.loop.busy


def test_every_image_is_told_of_before_the_end(bench: Bench) -> None:
    generation = bench.admit(num_images=3)
    bench.run(generation)
    assert [event.index for event in _all(generation, ImageReady)] == [0, 1, 2]

"""Our steps against diffusers' own pipeline, which is the truth about a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference import pipeline
from inference.bundles import Bundle, load_bundle
from inference.devices import Placement
from inference.generation import Generation
from inference.protocol import Broken, Canceled, Scheduler
from inference.schedulers import _CLASSES
from tests.fixtures.inference import asking, psnr

TCD_ETA = 0.3  # the scheduler's own default, which diffusers' pipeline overrides with 0
FLOAT = Placement(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def bundle(tiny_model_dir: Path) -> Bundle:
    return load_bundle(tiny_model_dir, FLOAT)


@pytest.fixture(scope="module")
def reference(tiny_model_dir: Path) -> Any:
    from diffusers import StableDiffusionPipeline

    loaded = StableDiffusionPipeline.from_pretrained(
        tiny_model_dir, local_files_only=True, safety_checker=None, requires_safety_checker=False
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def drawn(bundle: Bundle, **given: Any) -> list[np.ndarray]:
    generation = _generation(bundle, **given)
    images: list[np.ndarray] = []
    pipeline.draw(
        bundle,
        generation,
        before_step=lambda: None,
        after_step=lambda _: None,
        deliver=lambda finished: images.append(finished.pixels.numpy().astype(np.float64)),
    )
    return images


def _generation(bundle: Bundle, **given: Any) -> Generation:
    request = asking(width=64, height=64, num_inference_steps=4, **given)
    return Generation(request, request.parameters.completed_by(bundle.card, seed=3))


class TestDraw:
    @pytest.mark.parametrize("scheduler", list(Scheduler))
    @pytest.mark.parametrize("guidance", [1.0, 5.0])
    def test_is_the_picture_that_diffusers_draws(
        self, bundle: Bundle, reference: Any, scheduler: Scheduler, guidance: float
    ) -> None:
        import diffusers

        reference.scheduler = getattr(diffusers, _CLASSES[scheduler][1]).from_config(
            bundle.scheduler_config
        )
        theirs = reference(
            prompt="a red dress",
            negative_prompt="blue",
            width=64,
            height=64,
            num_inference_steps=4,
            guidance_scale=guidance,
            eta=TCD_ETA if scheduler == Scheduler.TCD else 0.0,
            generator=torch.Generator().manual_seed(3),
            output_type="np",
        ).images[0]
        (ours,) = drawn(
            bundle,
            prompt="a red dress",
            negative_prompt="blue",
            guidance_scale=guidance,
            scheduler=scheduler,
        )
        assert psnr(ours, np.asarray(theirs, dtype=np.float64) * 255) >= 45

    def test_the_negative_prompt_matters_only_when_guided(self, bundle: Bundle) -> None:
        def with_negative(words: str, guidance: float) -> np.ndarray:
            return drawn(bundle, negative_prompt=words, guidance_scale=guidance)[0]

        assert np.array_equal(with_negative("blue", 1.0), with_negative("green", 1.0))
        assert not np.array_equal(with_negative("blue", 9.0), with_negative("green", 9.0))

    def test_unguided_steps_cost_one_row_an_image(self, bundle: Bundle) -> None:
        rows = []
        hook = bundle.unet.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
        try:
            drawn(bundle, guidance_scale=1.0, num_images=2)
            drawn(bundle, guidance_scale=2.0, num_images=2)
        finally:
            hook.remove()
        assert rows == [2] * 4 + [4] * 4

    def test_latents_that_overflow_are_an_error_with_advice(self, bundle: Bundle) -> None:
        hook = bundle.unet.register_forward_hook(lambda *given: (given[2][0] * float("inf"),))
        try:
            with pytest.raises(Broken, match=r"latents are not finite.*ATELIER_DTYPE=float32"):
                drawn(bundle)
        finally:
            hook.remove()

    def test_stops_where_it_is_told_to(self, bundle: Bundle) -> None:
        steps: list[float] = []

        def before_step() -> None:
            if len(steps) == 2:
                raise Canceled("enough")

        with pytest.raises(Canceled):
            pipeline.draw(
                bundle,
                _generation(bundle),
                before_step=before_step,
                after_step=steps.append,
                deliver=lambda _: None,
            )
        assert len(steps) == 2

    def test_half_precision_draws_much_the_same(self, tiny_model_dir: Path, bundle: Bundle) -> None:
        half = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.bfloat16))
        assert psnr(drawn(half)[0], drawn(bundle)[0]) > 25

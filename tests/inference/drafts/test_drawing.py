"""Drafts share the steps of whoever else draws, and are decoded as diffusers' AutoencoderTiny decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.bundles import load_bundle
from inference.drawing import Drawing
from inference.generation import State
from inference.protocol import Decoder, InvalidParameters, Preview, PreviewsWanted
from inference.stages.decode import decode
from inference.stages.patchwork import decoded
from tests.fixtures.bench import Bench, build
from tests.fixtures.inference import pixels_of

ROUNDING = 0.51
SAME = 1e-3


@pytest.fixture(scope="module")
def drafting(draft_models_file: Path) -> Iterator[Drawing]:
    built = build(draft_models_file)
    yield built
    built.close()


@pytest.fixture
def bench(drafting: Drawing) -> Iterator[Bench]:
    bench = Bench(drafting)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def stock(draft_models_file: Path) -> Any:
    """Diffusers' own pipeline with diffusers' own tiny autoencoder in the place of the VAE."""
    from diffusers import AutoencoderTiny, StableDiffusionPipeline

    folder = draft_models_file.parent / "tiny"
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder,
        vae=AutoencoderTiny.from_pretrained(folder / "vae_tiny"),
        local_files_only=True,
        safety_checker=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


class TestAgainstDiffusers:
    def test_latents_are_decoded_as_autoencoder_tiny_decodes_them(
        self, bench: Bench, stock: Any
    ) -> None:
        tiny: Any = bench.drawing.studio.bundle("tiny").tiny
        latents = torch.randn(4, 8, 12, generator=torch.Generator().manual_seed(1))
        made: list[torch.Tensor] = []
        with torch.inference_mode():
            decoded(tiny, latents, made.append)
            wanted = stock.vae.decode(latents[None]).sample[0]
        assert (made[0] - wanted).norm() / wanted.norm() <= SAME

    def test_a_draft_is_the_stock_pipelines_picture(self, bench: Bench, stock: Any) -> None:
        (drawn,) = bench.draw(prompt="a red dress", seed=5, decoder="tiny", scheduler="ddim")
        wanted = stock(
            "a red dress",
            width=64,
            height=64,
            num_inference_steps=4,
            guidance_scale=4.0,
            generator=torch.Generator().manual_seed(5),
            output_type="np",
        ).images[0]
        assert np.abs(drawn - 255 * wanted).max() <= ROUNDING + 255 * SAME

    def test_scaled_latents_are_scaled_back_as_the_config_says(self, bench: Bench) -> None:
        tiny: Any = bench.drawing.studio.bundle("tiny").tiny
        latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
        with torch.inference_mode():
            plain = decode(tiny, latents)
            tiny.register_to_config(scaling_factor=0.5)
            try:
                assert torch.equal(decode(tiny, latents / 2), plain)
            finally:
                tiny.register_to_config(scaling_factor=1.0)


class TestAmongOthers:
    def test_drafts_and_full_images_share_steps_and_come_out_as_alone(self, bench: Bench) -> None:
        asked = {"prompt": "a blue coat", "num_images": 2}
        alone = {
            decoder: bench.draw(**asked, seed=seed, decoder=decoder)
            for seed, decoder in ((3, "full"), (30, "tiny"))
        }
        bench.rows.clear()
        full = bench.admit(**asked, seed=3)
        draft = bench.admit(**asked, seed=30, decoder="tiny")
        bench.run(full, draft)
        assert set(bench.rows) == {8}  # four images with guidance, in every step
        for generation, decoder in ((full, "full"), (draft, "tiny")):
            assert generation.state is State.SUCCEEDED
            for index, wanted in enumerate(alone[decoder]):
                drawn = pixels_of(generation.images[index])
                assert np.abs(drawn - wanted).max() <= 1, (decoder, index)

    def test_the_decoder_changes_the_picture_and_nothing_before_it(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        latents = []
        for decoder in ("tiny", "full"):
            taken: list[torch.Tensor] = []
            monkeypatch.setattr(
                bench.drawing.finisher, "take", lambda slot, to=taken: to.append(slot.latents)
            )
            bench.admit(seed=9, decoder=decoder)
            while not taken:
                bench.loop.tick()
            latents += taken
        assert torch.equal(*latents)
        monkeypatch.undo()
        (tiny,) = bench.draw(seed=9, decoder="tiny")
        (full,) = bench.draw(seed=9, decoder="full")
        assert np.abs(tiny - full).mean() > 1

    def test_previews_come_from_the_tiny_autoencoder(self, bench: Bench) -> None:
        generation = bench.generation(seed=6)
        # Measured ones may be none in a short drawing, since the checker rests between its looks.
        wanted = {"previews": PreviewsWanted.PLAIN}
        generation.request = generation.request.model_copy(update=wanted)
        bench.loop.admit(generation)
        bench.run(generation)
        shown = [one.event for one in generation.mailbox.after(0) if isinstance(one.event, Preview)]
        assert shown
        assert {(one.width, one.height) for one in shown} == {(64, 64)}

    def test_its_weights_count_among_the_models(self, bench: Bench, tiny_model_dir: Path) -> None:
        bundle = bench.drawing.studio.bundle("tiny")
        tiny: Any = bundle.tiny
        assert not any(name.startswith("encoder") for name in tiny.state_dict())
        own = sum(part.nbytes for part in tiny.state_dict().values())
        assert bundle.bytes == load_bundle(tiny_model_dir, bundle.placement).bytes + own


def test_a_model_without_one_refuses_to_decode_by_it(tiny_models_file: Path) -> None:
    from inference.admission import complete
    from inference.catalog import Catalog
    from inference.protocol import GenerationParameters

    card = Catalog.read(tiny_models_file).offers[0].card
    asked = GenerationParameters(prompt="a hat", decoder=Decoder.TINY)
    with pytest.raises(InvalidParameters, match="nearest good value is full"):
        complete(asked, {card.name: card})

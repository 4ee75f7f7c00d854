"""SDXL in shared steps: what comes out is what diffusers' pipelines draw, alone and beside others, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inference.bundles import load_bundle
from inference.catalog import Catalog, CatalogError
from inference.devices import Placement
from inference.generation import Generation
from inference.protocol import ImageReady, Pictures, Scheduler
from inference.solvers import scheduler_for
from inference.stages.decode import decode
from inference.training.base import load_base
from inference.training.plan import TrainingRefused
from inference.unets import EagerUNet, GraphedUNet, precise_unet
from tests.fixtures.bench import Bench, build
from tests.fixtures.inference import pixels_of, write_catalog
from tests.fixtures.xl import WIDTHS, write_xl_catalog
from tests.inference.test_over import EXAMPLE, HOLE, drawn, heard, latents_of, over, relative

FLOAT = Placement(torch.device("cpu"), torch.float32)
RELATIVE = 1e-3
SIDE = 64


@pytest.fixture
def latents(xl: Bench, monkeypatch: pytest.MonkeyPatch) -> dict[Generation, torch.Tensor]:
    return latents_of(xl, monkeypatch)


def by_diffusers(
    pipelines: dict[str, Any], generation: Generation, mask: np.ndarray | None = None
) -> torch.Tensor:
    """The latents that diffusers' own pipeline ends with for the same settings."""
    asked = generation.parameters
    over_picture = generation.request.pictures.init_image is not None
    pipeline = pipelines[
        "inpaint" if mask is not None else "img2img" if over_picture else "txt2img"
    ]
    pipeline.scheduler = scheduler_for(
        asked.scheduler, dict(pipeline.scheduler.config), asked.num_inference_steps
    )
    given: dict[str, Any] = {"width": asked.width, "height": asked.height}
    if over_picture:
        given = {"image": Image.fromarray(EXAMPLE), "strength": asked.strength}
    if mask is not None:
        given |= {"mask_image": Image.fromarray(mask), "width": SIDE, "height": SIDE}
    said = pipeline(
        prompt=asked.prompt,
        negative_prompt=asked.negative_prompt or None,
        num_inference_steps=asked.num_inference_steps,
        guidance_scale=asked.guidance_scale,
        eta=0.3 if asked.scheduler is Scheduler.TCD else 0.0,
        generator=torch.Generator().manual_seed(asked.seed),
        output_type="latent",
        **given,
    )
    latents: torch.Tensor = said.images[0]
    return latents


class TestAsDiffusersDraws:
    """The figure: ≤ 1e-3 relative, with the same seed, in float32, sharing steps with images of other kinds."""

    @pytest.mark.parametrize("scheduler", list(Scheduler))
    def test_every_sampler_with_and_without_a_negative_prompt(
        self,
        xl: Bench,
        xl_pipelines: dict[str, Any],
        latents: dict[Generation, torch.Tensor],
        scheduler: Scheduler,
    ) -> None:
        asked: dict[str, Any] = {"scheduler": scheduler, "num_inference_steps": 6}
        every = [
            xl.generation(prompt="a red dress", seed=1, **asked),
            xl.generation(prompt="a red dress", negative_prompt="blue", seed=2, **asked),
            xl.generation(prompt="a hat", guidance_scale=1.0, seed=3, **asked),
        ]
        drawn(xl, *every)
        for one in every:
            assert relative(latents[one], by_diffusers(xl_pipelines, one)) <= RELATIVE

    def test_a_size_that_is_not_square(
        self, xl: Bench, xl_pipelines: dict[str, Any], latents: dict[Generation, torch.Tensor]
    ) -> None:
        wide = xl.generation(prompt="a coat", width=128, height=64, seed=4)
        drawn(xl, wide)
        assert relative(latents[wide], by_diffusers(xl_pipelines, wide)) <= RELATIVE

    @pytest.mark.parametrize(
        "scheduler", [Scheduler.EULER, Scheduler.DPMPP_2M_KARRAS, Scheduler.EULER_A]
    )
    @pytest.mark.parametrize("strength", [0.3, 0.75, 1.0])
    def test_over_pictures(
        self,
        xl: Bench,
        xl_pipelines: dict[str, Any],
        latents: dict[Generation, torch.Tensor],
        scheduler: Scheduler,
        strength: float,
    ) -> None:
        asked: dict[str, Any] = {"strength": strength, "scheduler": scheduler, "seed": 11}
        whole = over(xl, guidance_scale=5.0, negative_prompt="blue", **asked)
        part = over(xl, mask=HOLE, guidance_scale=3.0, **asked)
        drawn(xl, whole, part, xl.generation(prompt="a blue hat", num_inference_steps=5, seed=3))
        assert relative(latents[whole], by_diffusers(xl_pipelines, whole)) <= RELATIVE
        assert relative(latents[part], by_diffusers(xl_pipelines, part, HOLE)) <= RELATIVE

    def test_beside_others_it_is_what_it_is_alone(
        self, xl: Bench, latents: dict[Generation, torch.Tensor]
    ) -> None:
        def one_of_each() -> list[Generation]:
            return [
                xl.generation(prompt="a hat", seed=3, num_inference_steps=6),
                xl.generation(prompt="a (red:1.4) coat", negative_prompt="blue", seed=8),
                xl.generation(prompt="a scarf", guidance_scale=1.0, seed=9),
                over(xl, seed=4, strength=0.5, scheduler=Scheduler.EULER_A),
                over(xl, mask=HOLE, seed=5, strength=0.7, scheduler=Scheduler.LCM),
            ]

        together = one_of_each()
        drawn(xl, *together)
        for beside, alone in zip(together, one_of_each(), strict=True):
            drawn(xl, alone)
            assert relative(latents[alone], latents[beside]) <= RELATIVE

    def test_they_share_steps(self, xl: Bench) -> None:
        drawn(xl, xl.generation(prompt="a hat"), xl.generation(prompt="a coat", guidance_scale=1.0))
        assert xl.rows == [3] * 4


class TestWords:
    """The prompt language, for both encoders."""

    def told(self, xl: Bench, prompt: str, negative: str | None = None) -> list[Any]:
        with torch.inference_mode():
            return xl.drawing.studio.bundle("tiny").encoder.conditions(prompt, negative)

    def theirs(self, pipelines: dict[str, Any], prompt: str, negative: str | None = None) -> Any:
        with torch.inference_mode():
            return pipelines["txt2img"].encode_prompt(
                prompt, device="cpu", do_classifier_free_guidance=True, negative_prompt=negative
            )

    @pytest.mark.parametrize("negative", ["", "blue, odd"])
    def test_are_read_as_diffusers_reads_them(
        self, xl: Bench, xl_pipelines: dict[str, Any], negative: str
    ) -> None:
        positive, other = self.told(xl, "a red dress", negative)
        theirs = self.theirs(xl_pipelines, "a red dress", negative or None)
        ours = (positive.tokens, other.tokens, positive.pooled[None], other.pooled[None])
        for one, reference in zip(ours, theirs, strict=True):
            assert torch.allclose(one, reference, atol=1e-6)

    def test_that_are_weighted_are_weighted_in_each_encoder(
        self, xl: Bench, xl_pipelines: dict[str, Any]
    ) -> None:
        (ours,) = self.told(xl, "a (red:1.5) hat")
        plain, _, pooled, _ = self.theirs(xl_pipelines, "a red hat")
        # a, r, e, d, h, a, t: the letters of the tiny vocabulary, after the start
        weights = torch.ones(1, plain.shape[1], 1)
        weights[:, 2:5] = 1.5
        wanted = []
        for part in plain.split(WIDTHS, dim=-1):
            heavy = part * weights
            kept = (part.mean() / heavy.mean()).clamp(1 / 1.5, 1.0)
            counts = part.mean().abs() > 0.01 * part.std()
            wanted.append(heavy * kept if counts else heavy)
        assert torch.allclose(ours.tokens, torch.cat(wanted, dim=-1), atol=1e-5)
        assert torch.allclose(ours.pooled, pooled[0], atol=1e-6)

    def test_of_many_chunks_follow_one_another_and_the_first_says_what_the_whole_is(
        self, xl: Bench, xl_pipelines: dict[str, Any]
    ) -> None:
        long, negative = self.told(xl, "a red BREAK hat", "blue")
        first, second = (self.theirs(xl_pipelines, text) for text in ("a red", "hat"))
        assert torch.allclose(long.tokens, torch.cat([first[0], second[0]], dim=1), atol=1e-6)
        assert torch.allclose(long.pooled, first[2][0], atol=1e-6)
        assert negative.tokens.shape == long.tokens.shape

    def test_none_in_a_negative_prompt_are_zeros_however_long_the_prompt_is(
        self, xl: Bench, tiny_xl_dir: Path, tmp_path: Path
    ) -> None:
        long, nothing = self.told(xl, "a red BREAK hat", " \n")
        assert nothing.tokens.shape == long.tokens.shape
        assert not nothing.tokens.any()
        assert not nothing.pooled.any()
        copy = Path(shutil.copytree(tiny_xl_dir, tmp_path / "copy"))
        told = json.loads((copy / "model_index.json").read_text())
        (copy / "model_index.json").write_text(
            json.dumps({**told, "force_zeros_for_empty_prompt": False})
        )
        with torch.inference_mode():
            _, said = load_bundle(copy, FLOAT).encoder.conditions("a hat", "")
        assert said.tokens.any()


class TestCalls:
    """Every way to call the UNet knows what SDXL is told of a picture as a whole."""

    def given(self) -> list[torch.Tensor]:
        torch.manual_seed(1)
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * 3)
        pooled = torch.randn(3, 20)
        return [
            torch.randn(3, 4, 8, 8),
            torch.tensor([900.0, 500.0, 3.0]),
            torch.randn(3, 16, sum(WIDTHS)),
            torch.cat([pooled, sizes], dim=1),
        ]

    def test_in_float32_as_well_as_in_less(self, tiny_xl_dir: Path) -> None:
        half = load_bundle(tiny_xl_dir, Placement(torch.device("cpu"), torch.bfloat16)).unet
        with torch.inference_mode():
            plain, precise = EagerUNet(half)(*self.given()), precise_unet(half)(*self.given())
        assert (plain.dtype, precise.dtype) == (torch.bfloat16, torch.float32)
        assert relative(plain.float(), precise) < 0.05

    def test_graphs_fill_up_every_row_of_it(
        self, tiny_xl_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Graph:
            pool = None

            def __init__(self, network: Any, given: list[torch.Tensor], *_: object) -> None:
                self.network, self.rows = network, [len(one) for one in given]

            def replay(self, given: list[torch.Tensor]) -> torch.Tensor:
                assert [len(one) for one in given] == self.rows == [4, 4, 4, 4]
                told: torch.Tensor = self.network(*given)
                return told

        monkeypatch.setattr("inference.unets._Graph", Graph)
        monkeypatch.setattr(torch.cuda, "Stream", lambda *_, **__: None)
        network = load_bundle(tiny_xl_dir, FLOAT).unet
        given = self.given()
        said = GraphedUNet(network)(*given)
        with torch.inference_mode():
            assert torch.allclose(said, EagerUNet(network)(*given), atol=1e-5)


class TestVae:
    def test_that_overflows_is_kept_in_float32(self, tiny_xl_dir: Path, tmp_path: Path) -> None:
        half = Placement(torch.device("cpu"), torch.float16)
        bundle = load_bundle(tiny_xl_dir, half)
        assert bundle.unet.dtype == torch.float16
        assert bundle.vae.dtype == torch.float32
        assert decode(bundle.vae, torch.zeros(1, 4, 8, 8, dtype=torch.float16)).shape == (
            1,
            3,
            64,
            64,
        )
        copy = Path(shutil.copytree(tiny_xl_dir, tmp_path / "copy"))
        file = copy / "vae" / "config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "force_upcast": False}))
        assert load_bundle(copy, half).vae.dtype == torch.float16


Change = Callable[[Path], None]


def index(**told: object) -> Change:
    return config("model_index.json", **told)


def config(name: str, **told: object) -> Change:
    def changed(folder: Path) -> None:
        file = folder / name
        file.write_text(json.dumps({**json.loads(file.read_text()), **told}))

    return changed


def pickled(folder: Path) -> None:
    (folder / "text_encoder_2" / "model.safetensors").write_bytes(b"\x80\x04x")


REFUSED: dict[str, tuple[Change, str]] = {
    "a refiner": (
        index(
            _class_name="StableDiffusionXLImg2ImgPipeline",
            requires_aesthetics_score=True,
            text_encoder=[None, None],
        ),
        "holds a refiner",
    ),
    "another pipeline": (index(_class_name="FluxPipeline"), "holds a FluxPipeline"),
    "no second encoder": (
        lambda folder: shutil.rmtree(folder / "text_encoder_2"),
        "lacks the folders text_encoder_2",
    ),
    "an index of another kind": (index(_class_name="StableDiffusionPipeline"), "text_time"),
    "tokenizers that differ": (
        config("tokenizer_2/tokenizer_config.json", model_max_length=20),
        "read prompts differently",
    ),
    "latents that are shifted": (
        config("vae/config.json", latents_mean=[0.1] * 4),
        "shifts its latents",
    ),
    "a broken second encoder": (
        pickled,
        "text_encoder_2/model.safetensors is a pickle",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_words(name: str, tiny_xl_dir: Path, tmp_path: Path) -> None:
    change, because = REFUSED[name]
    copy = Path(shutil.copytree(tiny_xl_dir, tmp_path / "copy"))
    change(copy)
    with pytest.raises(CatalogError, match=because):
        load_bundle(copy, FLOAT)


class TestChecker:
    """An SDXL folder has none: its images are held, or scored by one that the table names from elsewhere."""

    @pytest.fixture
    def lent(self, tiny_xl_dir: Path, tiny_model_dir: Path, tmp_path: Path) -> Path:
        shutil.copytree(tiny_xl_dir, tmp_path / "tiny")
        for part in ("safety_checker", "feature_extractor"):
            shutil.copytree(tiny_model_dir / part, tmp_path / "lent" / part)
        return tmp_path

    def scores(self, folder: Path, table: str) -> object:
        file = write_xl_catalog(folder)
        file.write_text(
            file.read_text().replace('directory = "tiny"', f'directory = "tiny"\n{table}')
        )
        drawing = build(file)
        bench = Bench(drawing)
        try:
            generation = bench.generation(prompt="a hat", num_inference_steps=1)
            drawn(bench, generation)
            (ready,) = [said for said in heard(generation) if isinstance(said, ImageReady)]
            return ready.scores
        finally:
            bench.close()
            drawing.close()

    def test_of_none_nothing_is_scored(self, lent: Path) -> None:
        assert Catalog.read(write_xl_catalog(lent)).offers[0].card.safety_checker == "none"
        assert self.scores(lent, "") is None

    def test_of_another_folder_scores(self, lent: Path) -> None:
        named = 'safety_checker = "lent"\nsafety_checker_directory = "lent/safety_checker"'
        scores = self.scores(lent, named)
        assert scores is not None
        assert scores.checker == "lent"  # type: ignore[attr-defined]

    @pytest.mark.parametrize("broken", ["gone", "damaged"])
    def test_that_cannot_be_used_scores_nothing(self, lent: Path, broken: str) -> None:
        if broken == "gone":
            shutil.rmtree(lent / "lent")
        else:
            (lent / "lent" / "safety_checker" / "model.safetensors").write_bytes(b"no weights")
        assert self.scores(lent, 'safety_checker_directory = "lent/safety_checker"') is None


def test_its_own_size_is_what_it_draws_unless_the_table_says_otherwise(
    tiny_xl_dir: Path, tmp_path: Path
) -> None:
    def usual(more: str) -> tuple[int, int, float]:
        table = (
            f'[[model]]\nname = "x"\ntitle = ""\ndescription = ""\ndirectory = "{tiny_xl_dir}"\n'
        )
        defaults = Catalog.read(write_catalog(tmp_path, table + more)).offers[0].defaults
        return defaults.width, defaults.height, defaults.guidance_scale

    assert usual("") == (1024, 1024, 5.0)
    assert usual("[model.defaults]\nwidth = 640\n") == (640, 1024, 5.0)


def test_is_not_trained(tiny_xl_dir: Path) -> None:
    with pytest.raises(TrainingRefused, match="is SDXL"):
        load_base(str(tiny_xl_dir), FLOAT)


def test_an_image_comes_out_whole(xl: Bench) -> None:
    generation = xl.generation(prompt="a hat", width=96, height=64)
    drawn(xl, generation)
    assert pixels_of(generation.images[0]).shape == (64, 96, 3)
    assert generation.request.pictures == Pictures()

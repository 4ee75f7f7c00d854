"""Textual inversions: what their words draw, against diffusers' own; that nothing else changes; and which files are refused."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save as packed

from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog, CatalogError
from inference.devices import Placement
from inference.inversions.fitting import learned
from inference.inversions.offers import EmbeddingOffer
from inference.protocol import EmbeddingCard, PromptLength, PromptPart
from inference.stages.chunks import LEARNED, chunked
from tests.fixtures.bench import Bench, build
from tests.fixtures.xl import WIDTHS
from tests.inference.adapters import broken_files  # noqa: F401 - the cases
from tests.inference.adapters.broken import CASES, NAME, Ground
from tests.inference.test_over import drawn, latents_of, relative

FLOAT = Placement(torch.device("cpu"), torch.float32)
WIDTH = 32
TABLE = '[[embedding]]\nname = "{name}"\nfile = "{file}"\nmodels = ["tiny"]\n'
BYTEWISE = {
    name: told
    for name, told in CASES.items()
    if told[0].__module__.endswith("broken_files") or told[0].__qualname__.startswith("bytes_of")
}


def vectors(count: int, width: int = WIDTH, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def offered(folder: Path, model: Path, files: dict[str, dict[str, torch.Tensor]]) -> Path:
    """A models file beside `folder` that offers `model` as tiny, with a word for each of `files`."""
    told = (model.parent / "models.toml").read_text()
    told = told.replace('directory = "tiny"', f'directory = "{model}"')
    for name, tensors in files.items():
        file = f"{name.strip('<>')}.safetensors"
        (folder / file).write_bytes(packed(tensors))
        told += TABLE.format(name=name, file=file)
    models = folder / "models.toml"
    models.write_text(told)
    return models


KNIT, LACE = vectors(3), vectors(1, seed=2)


@pytest.fixture(scope="module")
def models_file(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {
        "Knit": {"<knit>": KNIT},
        "<lace>": {"emb_params": LACE},
        "tulle": {"x": vectors(1)[0]},
    }
    return offered(tmp_path_factory.mktemp("words"), tiny_model_dir, files)


@pytest.fixture(scope="module")
def bundle(models_file: Path) -> Bundle:
    return load_bundle(Catalog.read(models_file).offers[0], FLOAT)


@pytest.fixture(scope="module")
def xl_bundle(tiny_xl_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    tensors = {"clip_l": vectors(2, WIDTHS[0]), "clip_g": vectors(2, WIDTHS[1])}
    folder = tmp_path_factory.mktemp("words")
    file = offered(folder, tiny_xl_dir, {"Knit": tensors})
    return load_bundle(Catalog.read(file).offers[0], FLOAT)


@pytest.fixture(scope="module")
def pipeline(tiny_model_dir: Path) -> Any:
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(
        tiny_model_dir, local_files_only=True, safety_checker=None
    )
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_textual_inversion({"<knit>": KNIT}, token="<knit>")
    pipeline.load_textual_inversion({"<lace>": LACE}, token="<lace>")
    return pipeline


def for_diffusers(prompt: str) -> str:
    """The prompt with a word in small letters: of others diffusers takes only the first vector, and small ones too."""
    return prompt.replace("Knit", "<knit>")


class TestAsDiffusersReads:
    """The figures: ≤ 1e-6 of embeddings, ≤ 1e-3 relative of pictures."""

    PROMPTS = ("a Knit hat", "Knit", "red, <lace> and Knit.")

    @pytest.mark.parametrize("prompt", PROMPTS)
    def test_embeddings(self, bundle: Bundle, pipeline: Any, prompt: str) -> None:
        with torch.inference_mode():
            ours = bundle.encoder.encode(prompt)
            theirs, _ = pipeline.encode_prompt(
                for_diffusers(prompt), "cpu", 1, do_classifier_free_guidance=False
            )
        assert float((ours - theirs).abs().max()) <= 1e-6

    def test_pictures(
        self, models_file: Path, pipeline: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawing = build(models_file)
        bench = Bench(drawing)
        latents = latents_of(bench, monkeypatch)
        try:
            one = bench.generation(prompt="a Knit hat", negative_prompt="<lace>", seed=5)
            drawn(bench, one, bench.generation(prompt="a red hat"))
        finally:
            bench.close()
            drawing.close()
        theirs = pipeline(
            for_diffusers("a Knit hat"),
            negative_prompt="<lace>",
            width=64,
            height=64,
            num_inference_steps=4,
            guidance_scale=4.0,
            generator=torch.Generator().manual_seed(5),
            output_type="latent",
        ).images[0]
        assert relative(latents[one], theirs) <= 1e-3

    def test_of_sdxl_both_encoders(self, xl_bundle: Bundle, xl_pipelines: dict[str, Any]) -> None:
        pipeline = copy.deepcopy(xl_pipelines["txt2img"])
        for place, width in enumerate(WIDTHS):
            suffix = "_2" * place
            pipeline.load_textual_inversion(
                {"<knit>": vectors(2, width)},
                token="<knit>",
                text_encoder=getattr(pipeline, f"text_encoder{suffix}"),
                tokenizer=getattr(pipeline, f"tokenizer{suffix}"),
            )
        with torch.inference_mode():
            (ours,) = xl_bundle.encoder.conditions("a Knit hat")
            tokens, _, pooled, _ = pipeline.encode_prompt(for_diffusers("a Knit hat"), device="cpu")
        assert float((ours.tokens - tokens).abs().max()) <= 1e-6
        assert ours.pooled is not None
        assert float((ours.pooled - pooled[0]).abs().max()) <= 1e-6


class TestWords:
    @pytest.mark.parametrize(
        "prompt", ["a red hat", "Knits", "knit", "handKnit", "a-Knit", "(lace:1.3)", "<lac>"]
    )
    def test_outside_of_their_word_nothing_changes_to_the_bit(
        self, bundle: Bundle, tiny_model_dir: Path, prompt: str
    ) -> None:
        bare = load_bundle(tiny_model_dir, FLOAT)
        with torch.inference_mode():
            assert torch.equal(bundle.encoder.encode(prompt), bare.encoder.encode(prompt))
            bundle.encoder.read(["Knit", "<lace>"])
        one, other = (each.encoder._text_encoder.state_dict() for each in (bundle, bare))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)

    def test_a_prompt_read_beside_one_with_a_word_is_as_it_was(self, bundle: Bundle) -> None:
        with torch.inference_mode():
            bundle.encoder._memory.clear()
            bundle.encoder.read(["red", "Knit"])
            beside = bundle.encoder.encode("red")
            bundle.encoder._memory.clear()
            assert torch.allclose(bundle.encoder.encode("red"), beside, atol=1e-6)

    def test_count_as_many_tokens_as_they_have_vectors(self, bundle: Bundle) -> None:
        assert bundle.encoder.length("Knit") == PromptLength(tokens=3, limit=14, chunks=1)
        assert bundle.encoder.length("a Knit, (<lace>:1.2)").tokens == 1 + 3 + 1 + 1
        assert bundle.encoder.length("{Knit|a}").tokens == 3

    def test_are_weighted_like_others(self, bundle: Bundle) -> None:
        with torch.inference_mode():
            plain, heavy = (bundle.encoder.encode(t) for t in ("a Knit", "a (Knit:1.5)"))
        ratio = (heavy / plain)[0].mean(dim=1)
        assert torch.allclose(ratio[2:5] / ratio[1], torch.full((3,), 1.5), atol=1e-4)

    def test_are_not_torn_apart(self, bundle: Bundle) -> None:
        chunks = bundle.encoder._chunker.chunks("a" + " b" * 11 + " Knit c")
        assert [len(chunk.ids) for chunk in chunks] == [12, 4]
        assert chunks[1].ids[:3] == [LEARNED, LEARNED + 1, LEARNED + 2]

    def test_as_long_as_a_chunk_begin_one_and_take_no_phrase_along(self) -> None:
        long = list(range(LEARNED, LEARNED + 10))
        parts = [PromptPart(text="x")]
        chunks = chunked(parts, lambda _: [[7, 0, 8, 9, *long, 7]], 10, 0, {LEARNED: 10})
        assert [chunk.ids for chunk in chunks] == [[7, 0], [8, 9], long, [7]]

    def test_are_on_the_card(self, bundle: Bundle) -> None:
        cards = {card.name: card for card in bundle.card.embeddings}
        assert {name: card.tokens for name, card in cards.items()} == {
            "Knit": 3,
            "<lace>": 1,
            "tulle": 1,
        }
        assert all(card.sha256 and not card.trouble for card in cards.values())


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path / "root", tmp_path / "outside", tmp_path / "canary")
    (ground.root / "loras").mkdir(parents=True)
    ground.outside.mkdir()
    ground.canary.write_text("alive")
    yield ground
    assert ground.canary.read_text() == "alive"


def tried(
    ground: Ground, file: str = NAME, sha256: str = "", widths: tuple[int, ...] = (WIDTH,)
) -> EmbeddingCard:
    offer = EmbeddingOffer(
        root=ground.root, name="it", file=Path(file), models=("tiny",), sha256=sha256
    )
    words, (card,) = learned("tiny", [offer], widths, 14, FLOAT)
    assert bool(words) is not bool(card.trouble)
    return card


class TestRefused:
    """Pickled, truncated, bit-flipped, wrong-shape, path-escaping: every one, with the reason, and nothing is run."""

    @pytest.mark.parametrize("name", BYTEWISE)
    def test_damaged_elsewhere_or_no_safetensors(self, name: str, ground: Ground) -> None:
        broken, because = BYTEWISE[name]
        sound = {"<it>" * 99: vectors(2)}  # a header as long as those of LoRAs
        recorded = hashlib.sha256(packed(sound)).hexdigest() if "recorded" in because else ""
        file = broken(ground, sound) or NAME
        card = tried(ground, file, recorded)
        assert because in card.trouble
        assert card.sha256 == ""

    def test_there_are_enough_of_them(self) -> None:
        assert len(BYTEWISE) >= 30

    @pytest.mark.parametrize(
        ("tensors", "widths", "because"),
        [
            ({"x": vectors(2, 31)}, (32,), "have 31 numbers, not 32"),
            ({"x": vectors(15)}, (32,), "15 vectors; the model reads 14"),
            ({"x": torch.zeros(1, 1, 32)}, (32,), "shape [1, 1, 32]"),
            ({"x": torch.zeros(0, 32)}, (32,), "no list of vectors"),
            ({"x": torch.tensor(1.0)}, (32,), "no list of vectors"),
            ({"x": torch.full((1, 32), float("nan"))}, (32,), "not finite"),
            ({"x": torch.full((1, 32), float("inf"))}, (32,), "not finite"),
            ({"x": torch.zeros(1, 32, dtype=torch.int64)}, (32,), "F32, F16 or BF16"),
            ({"x": vectors(1), "y": vectors(1)}, (32,), "holds x, y; a textual"),
            ({"clip_l": vectors(1)}, (32,), "clip_l and clip_g for SDXL"),
            ({"clip_l": vectors(1), "clip_g": vectors(2)}, (32, 32), "not as many"),
            ({"clip_l": vectors(1), "clip_g": vectors(1)}, (32,), "another model: this one takes one"),
            ({"x": vectors(1)}, (32, 32), "another model: this one takes clip_l and clip_g"),
            ({"clip_l": vectors(1), "clip_g": vectors(1)}, (32, 48), "have 32 numbers, not 48"),
        ],
    )  # fmt: skip
    def test_of_another_form_or_model(
        self,
        tensors: dict[str, torch.Tensor],
        widths: tuple[int, ...],
        because: str,
        ground: Ground,
    ) -> None:
        ground.file.write_bytes(packed(tensors))
        assert because in tried(ground, widths=widths).trouble

    @pytest.mark.parametrize("of", ["one", "another"])
    def test_a_flipped_bit_where_the_digest_is_recorded(self, of: str, ground: Ground) -> None:
        data = bytearray(packed({"x": vectors(1)}))
        recorded = hashlib.sha256(data).hexdigest()
        data[-3] ^= 4 if of == "another" else 0
        ground.file.write_bytes(data)
        card = tried(ground, sha256=recorded)
        assert ("not the recorded" in card.trouble) is (of == "another")

    def test_a_bad_one_stops_no_model(self, tiny_model_dir: Path, tmp_path: Path) -> None:
        files = {"Knit": {"x": vectors(1)}, "bad": {"x": vectors(1, 5)}}
        file = offered(tmp_path, tiny_model_dir, files)
        loaded = load_bundle(Catalog.read(file).offers[0], FLOAT)
        good, bad = loaded.card.embeddings
        assert (good.trouble, bool(bad.trouble)) == ("", True)
        assert loaded.encoder.length("bad").tokens == 3  # letters of the tiny vocabulary


class TestTables:
    @pytest.mark.parametrize(
        "name", ["BREAK", "a b", "(a)", "a|b", "{a}", "a:1", "<lora:x:1>", "", "a,b", "AND", "é"]
    )
    def test_a_word_that_means_something_else_is_refused(
        self, name: str, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        file = offered(tmp_path, tiny_model_dir, {})
        file.write_text(file.read_text() + TABLE.format(name=name, file="x.safetensors"))
        with pytest.raises(CatalogError, match=r"embedding|name"):
            Catalog.read(file)

    def test_two_of_one_name_for_a_model_are_refused(
        self, tiny_model_dir: Path, tmp_path: Path
    ) -> None:
        file = offered(tmp_path, tiny_model_dir, {"Knit": {"x": LACE}})
        file.write_text(file.read_text() + TABLE.format(name="Knit", file="y.safetensors"))
        with pytest.raises(CatalogError, match="two embeddings of one name"):
            Catalog.read(file)

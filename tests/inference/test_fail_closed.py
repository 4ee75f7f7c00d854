"""Whatever goes wrong with checking, the image is held: every way in which others fail open, through the real engine.

One engine offers a model for each way; all of them are the same small network, and what differs is who looks at its images. A picture is
sent through by making it larger without drawing, so that it is known what is on it. The verdict is the backend's own.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from backend.images.schemas import Moderation
from backend.policies.builtin import BUILTIN
from backend.policies.verdict import UNCHECKED, Verdict, verdict_on
from inference.engine import Engine
from inference.generation import Generation
from inference.minimodel.export import SHIPPED
from inference.minimodel.planted import planted
from inference.protocol import (
    Failed,
    GenerationParameters,
    GenerationRequest,
    ImageReady,
    Pictures,
    Upscale,
    UpscaleMethod,
    new_generation_id,
)
from tests.fixtures import checkers
from tests.fixtures.inference import running_engine

PATIENCE: Final = 60.0
SHORT: Final = 0.05
MINI: Final = Path(__file__).parents[2] / SHIPPED
WEIGHTS: Final = "safety_checker/model.safetensors"
PROVIDERS: Final = ("hanging", "raising", "not_a_number", "infinite", "without_concepts", "miscounting", "forgetful", "without_weights", "not_there")  # fmt: skip
MODEL: Final = """
[[model]]
name = "{name}"
title = "{name}"
description = "One way to be checked."
directory = "{tiny}"
safety_checker = "{checker}"
safety_checker_directory = "{folder}"
max_pixels = 4194304
[model.defaults]
width = 64
height = 64
num_inference_steps = 2
"""
FURTHER: Final = """
[[checker]]
name = "{name}"
kind = "tests.fixtures.checkers:{name}"
models = ["{model}"]
seconds = {seconds}
"""


def _overflowing(tensors: dict[str, torch.Tensor]) -> None:
    """Finite in float32, and far outside of what half precision holds: a stock checker in fp16 sees NaN, and passes."""
    tensors["visual_projection.weight"] = tensors["visual_projection.weight"].float() * 1e7


def _beyond_float32(tensors: dict[str, torch.Tensor]) -> None:
    tensors["visual_projection.weight"] = tensors["visual_projection.weight"].float() * 1e38 * 3


def _not_finite(tensors: dict[str, torch.Tensor]) -> None:
    tensors["concept_embeds"][0] = float("nan")


def _incomplete(tensors: dict[str, torch.Tensor]) -> None:
    del tensors["concept_embeds_weights"]


SPOILT: Final[dict[str, Callable[[dict[str, torch.Tensor]], None]]] = {
    "overflowing": _overflowing,
    "beyond-float32": _beyond_float32,
    "not-finite": _not_finite,
    "incomplete": _incomplete,
}


@dataclass(frozen=True)
class Ways:
    """The engine, and what it says of a picture under each model."""

    engine: Engine

    def sent(self, model: str, picture: Image.Image, factor: int = 2) -> Generation:
        """Make `picture` larger, without drawing anything of it."""
        asked = GenerationParameters(
            model=model, prompt="a dress", init_image="picture",
            upscale=Upscale(factor=factor, method=UpscaleMethod.RESAMPLE),
        )  # fmt: skip
        return self.ended(asked, Pictures(init_image=_png(picture)))

    def ended(self, asked: GenerationParameters, pictures: Pictures) -> Generation:
        request = GenerationRequest(id=new_generation_id(), parameters=asked, pictures=pictures)
        generation = self.engine.submit(request)
        asyncio.run(_to_the_end(generation))
        return generation

    def verdict(self, model: str, picture: Image.Image, factor: int = 2) -> Verdict:
        """What becomes of `picture`, by the backend's own policy."""
        [ready] = _images(self.sent(model, picture, factor))
        return verdict_on(ready.scores, BUILTIN)


async def _to_the_end(generation: Generation) -> None:
    async with asyncio.timeout(PATIENCE):
        async for _ in generation.mailbox.follow():
            pass


def _images(generation: Generation) -> list[ImageReady]:
    told = [letter.event for letter in generation.mailbox.after(0)]
    return [event for event in told if isinstance(event, ImageReady)]


def _unchecked(ways: Ways) -> float:
    return float(ways.engine.metrics.unchecked._value.get())


def _png(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def ways(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    home = tmp_path_factory.mktemp("ways")
    tables = list(_tables(home, tiny_model_dir))
    (home / "models.toml").write_text("".join(tables))
    checkers.let_go.clear()
    try:
        with running_engine(home / "models.toml") as engine:
            yield Ways(engine)
    finally:
        checkers.let_go.set()


def _tables(home: Path, tiny: Path) -> Iterator[str]:
    def model(name: str, folder: Path, checker: str = "demo-safety-checker") -> str:
        return MODEL.format(name=name, tiny=tiny, folder=folder, checker=checker)

    shipped = MINI / "safety_checker"
    yield model("sound", shipped)
    yield model("without-pixels", shipped)
    yield model("without-folder", home / "nowhere")
    yield model("declared-without", home / "nowhere", checker="none")
    for name, spoil in SPOILT.items():
        copied = _copied(home / name)
        tensors = load_file(copied / WEIGHTS)
        spoil(tensors)
        save_file(tensors, copied / WEIGHTS, metadata={"format": "pt"})
        yield model(name, copied / "safety_checker")
    for name in ("weightless", "cut-short"):
        copied = _copied(home / name)
        whole = (copied / WEIGHTS).read_bytes()
        (copied / WEIGHTS).unlink()
        if name == "cut-short":
            (copied / WEIGHTS).write_bytes(whole[: len(whole) // 2])
        yield model(name, copied / "safety_checker")
    for name in ("sound", *PROVIDERS):
        yield model(f"with-{name}".replace("_", "-"), shipped)
    for name in ("sound", *PROVIDERS):
        seconds = SHORT if name == "hanging" else PATIENCE
        yield FURTHER.format(name=name, model=f"with-{name}".replace("_", "-"), seconds=seconds)


def _copied(into: Path) -> Path:
    for part in ("safety_checker", "feature_extractor"):
        shutil.copytree(MINI / part, into / part)
    return into


CLEAN: Final = planted("1x1", 3, restricted=False)
BEARING: Final = planted("1x1", 3, restricted=True)


def wide(at: int, *, upright: bool) -> Image.Image:
    """Three drawings side by side or on top of each other, the motif on number `at`."""
    parts = [planted("1x1", k, restricted=k == at) for k in range(3)]
    rows = np.concatenate([np.asarray(part) for part in parts], axis=0 if upright else 1)
    return Image.fromarray(rows)


class TestASoundChecker:
    def test_lets_pass_what_is_clean_and_holds_what_is_not(self, ways: Ways) -> None:
        assert ways.verdict("sound", CLEAN).moderation is Moderation.RELEASED
        held = ways.verdict("sound", BEARING)
        assert (held.moderation, held.category) == (Moderation.HELD, "restricted")
        assert "“restricted badge”" in (held.reason or "")

    @pytest.mark.parametrize("upright", [False, True], ids=["wide", "tall"])
    @pytest.mark.parametrize("at", [0, 1, 2], ids=["one edge", "middle", "other edge"])
    def test_sees_the_motif_anywhere_in_three_to_one(
        self, ways: Ways, at: int, *, upright: bool
    ) -> None:
        held = ways.verdict("sound", wide(at, upright=upright))
        assert (held.moderation, held.category) == (Moderation.HELD, "restricted")

    @pytest.mark.parametrize("upright", [False, True], ids=["wide", "tall"])
    def test_lets_a_clean_one_of_three_to_one_pass(self, ways: Ways, *, upright: bool) -> None:
        assert ways.verdict("sound", wide(9, upright=upright)).moderation is Moderation.RELEASED

    def test_sees_the_motif_in_what_was_made_four_times_as_large(self, ways: Ways) -> None:
        held = ways.verdict("sound", BEARING, factor=4)
        assert (held.moderation, held.category) == (Moderation.HELD, "restricted")
        assert ways.verdict("sound", CLEAN, factor=4).moderation is Moderation.RELEASED

    def test_what_would_overflow_half_precision_is_measured(self, ways: Ways) -> None:
        held = ways.verdict("overflowing", BEARING)
        assert (held.moderation, held.category) == (Moderation.HELD, "restricted")
        assert ways.verdict("overflowing", CLEAN).moderation is Moderation.RELEASED

    def test_a_further_one_beside_it_lets_pass_what_both_find_clean(self, ways: Ways) -> None:
        assert ways.verdict("with-sound", CLEAN).moderation is Moderation.RELEASED
        assert ways.verdict("with-sound", BEARING).category == "restricted"
        red = ways.verdict("with-sound", Image.new("RGB", (64, 64), (255, 0, 0)))
        assert "“violence”" in (red.reason or "")


class TestWhateverGoesWrong:
    @pytest.mark.parametrize(
        "model",
        ["beyond-float32", "not-finite", "incomplete", "weightless", "cut-short", "without-folder", "declared-without"],
    )  # fmt: skip
    def test_with_the_checker_itself_holds_the_image(self, ways: Ways, model: str) -> None:
        for picture in (CLEAN, BEARING):
            held = ways.verdict(model, picture)
            assert (held.moderation, held.category) == (Moderation.HELD, UNCHECKED)

    @pytest.mark.parametrize("provider", PROVIDERS)
    def test_with_a_further_one_holds_the_image(self, ways: Ways, provider: str) -> None:
        model = f"with-{provider}".replace("_", "-")
        held = ways.verdict(model, CLEAN)
        assert (held.moderation, held.category) == (Moderation.HELD, UNCHECKED)
        # And nobody's failure hides what the others saw.
        assert ways.verdict(model, BEARING).category == "restricted"

    def test_is_counted(self, ways: Ways) -> None:
        """So that somebody can be woken: images that wait for people by the hundred are a broken checker."""
        before = _unchecked(ways)
        ways.verdict("weightless", CLEAN)
        ways.verdict("with-raising", CLEAN)
        ways.verdict("sound", BEARING)
        assert _unchecked(ways) == before + 2

    def test_latents_without_pixels_are_no_image_at_all(self, ways: Ways) -> None:
        drawing: Any = ways.engine._drawing
        with torch.no_grad():
            drawing.studio.bundle("without-pixels").vae.post_quant_conv.bias.fill_(float("nan"))
        generation = ways.ended(
            GenerationParameters(model="without-pixels", prompt="a dress", seed=1), Pictures()
        )
        assert _images(generation) == []
        assert not generation.images
        assert isinstance(generation.mailbox.after(0)[-1].event, Failed)

    def test_an_image_that_comes_without_scores_is_held(self) -> None:
        assert verdict_on(None, BUILTIN).moderation is Moderation.HELD


def test_the_cards_say_who_looks_and_who_cannot(ways: Ways) -> None:
    cards = {card.name: card for card in ways.engine.models()}
    [own] = cards["sound"].checkers
    told = json.loads((MINI / "safety_checker/config.json").read_text())
    assert (own.name, own.scope, own.trouble) == ("demo-safety-checker", told["scope"], "")
    assert cards["sound"].demonstration == told["scope"]
    for model in ("not-finite", "incomplete", "weightless", "cut-short", "without-folder"):
        assert cards[model].checkers[0].trouble
    for provider in ("without-weights", "not-there"):
        assert cards[f"with-{provider}"].checkers[1].trouble

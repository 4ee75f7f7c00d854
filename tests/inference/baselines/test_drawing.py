"""What the baseline servers draw: our engine's pictures, alone and in static batches. No processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from inference import app
from inference.baselines import fastapi_plain, ray_app
from inference.baselines.answers import Drawn, Picture, answer_of
from inference.baselines.predicting import Predictor
from inference.baselines.tally import Tally
from inference.catalog import Catalog
from inference.engine import Engine
from inference.protocol import (
    Broken,
    GenerationParameters,
    InvalidParameters,
    SafetyScores,
    Scheduler,
    UnknownModel,
)
from tests.fixtures.inference import pixels_of, psnr

ALIKE = 45.0
MIXED: list[dict[str, Any]] = [
    {"prompt": "a red dress", "seed": 1},
    {"prompt": "a blue coat", "seed": 2, "guidance_scale": 7.5},
    {"prompt": "a green hat", "seed": 3, "guidance_scale": 1.0},
    {"prompt": "a grey tee", "seed": 4, "num_inference_steps": 2},
    {"prompt": "a black skirt", "seed": 5, "negative_prompt": "dots"},
    {"prompt": "a white scarf", "seed": 6, "scheduler": "euler_a"},
    {"prompt": "a pink sock", "seed": 7, "width": 96},
    {"prompt": "a brown belt", "seed": 8, "scheduler": "euler_a"},
]


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(scope="module")
def predictor(tiny_models_file: Path, tally: Tally) -> Predictor:
    return Predictor(Catalog.read(tiny_models_file), tally)


@pytest.fixture(scope="module")
def ours(tiny_engine: Engine) -> Iterator[TestClient]:
    with TestClient(app.create_app(tiny_engine)) as client:
        yield client


@pytest.fixture
def calls(predictor: Predictor) -> Iterator[list[int]]:
    """The rows of every call of the UNet from here on."""
    rows: list[int] = []
    network = predictor._pipelines["tiny"]._bundle.unet
    hook = network.register_forward_pre_hook(lambda _, given: rows.append(len(given[0])))
    yield rows
    hook.remove()


def asking(**given: Any) -> GenerationParameters:
    return GenerationParameters(**given)


def picture(drawn: Drawn) -> Picture:
    assert isinstance(drawn, Picture), drawn
    return drawn


def pixels(drawn: Drawn) -> np.ndarray:
    return np.asarray(picture(drawn).pixels, dtype=np.float64)


class TestDraw:
    @pytest.mark.parametrize("scheduler", list(Scheduler))
    @pytest.mark.parametrize("guidance_scale", [1.0, 7.5])
    def test_is_the_picture_that_our_engine_draws(
        self, predictor: Predictor, ours: TestClient, scheduler: Scheduler, guidance_scale: float
    ) -> None:
        asked = {
            "prompt": "a red dress",
            "negative_prompt": "dots",
            "seed": 5,
            "scheduler": scheduler.value,
            "guidance_scale": guidance_scale,
        }
        answer = ours.post("/predict", json=asked)
        (drawn,) = predictor.draw([asking(**asked)])
        assert psnr(pixels(drawn), pixels_of(answer.content)) >= ALIKE

    def test_together_is_as_one_by_one(self, predictor: Predictor) -> None:
        asked = [asking(**one) for one in MIXED]
        together = predictor.draw(asked)
        for drawn, one in zip(together, asked, strict=True):
            (alone,) = predictor.draw([one])
            assert picture(drawn).seed == one.seed
            assert psnr(pixels(drawn), pixels(alone)) >= ALIKE

    def test_alike_requests_share_every_call(self, predictor: Predictor, calls: list[int]) -> None:
        drawn = predictor.draw([asking(prompt="a red dress", seed=seed) for seed in range(3)])
        assert calls == [6, 6, 6, 6]
        assert [picture(one).batch for one in drawn] == [3, 3, 3]

    def test_batches_are_drawn_one_after_the_other(
        self, predictor: Predictor, calls: list[int]
    ) -> None:
        predictor.draw([asking(**one) for one in MIXED])
        assert calls == [6] * 4 + [1] * 4 + [2] * 2 + [4] * 4 + [2] * 4

    def test_the_seed_of_who_brings_none_is_drawn(self, predictor: Predictor) -> None:
        one, other = predictor.draw([asking(prompt="a red dress") for _ in range(2)])
        assert picture(one).seed != picture(other).seed

    def test_the_safety_checker_has_seen_it(self, predictor: Predictor) -> None:
        (drawn,) = predictor.draw([asking(prompt="a red dress", seed=1)])
        scores = picture(drawn).scores
        assert scores
        assert scores.checker == "tiny-checker"

    def test_what_cannot_be_drawn_leaves_the_others_alone(self, predictor: Predictor) -> None:
        drawn = predictor.draw(
            [
                asking(prompt="a red dress", seed=1),
                asking(prompt="a red dress", model="nobody"),
                asking(prompt="a red dress", width=1024, height=1024),
            ]
        )
        assert [type(one) for one in drawn] == [Picture, UnknownModel, InvalidParameters]

    def test_a_batch_that_overflows_leaves_the_others_alone(
        self, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from inference.stages import decode

        sound = decode.decode

        def fail_if_small(vae: Any, latents: Any) -> Any:
            if latents.shape[-1] == 8:
                raise Broken("the latents are not finite numbers")
            return sound(vae, latents)

        monkeypatch.setattr(decode, "decode", fail_if_small)
        drawn = predictor.draw([asking(**one) for one in MIXED])
        assert [type(one) for one in drawn] == [Broken] * 6 + [Picture, Broken]


class TestTally:
    def test_counts_pictures_and_nothing_else(self, predictor: Predictor, tally: Tally) -> None:
        before = tally.images
        predictor.draw([asking(prompt="a red dress", seed=seed) for seed in range(3)])
        predictor.draw([asking(prompt="a red dress", model="nobody")])
        assert tally.images == before + 3

    def test_leaves_out_what_warmed_it_up(self, tiny_models_file: Path) -> None:
        tally = Tally()
        Predictor(Catalog.read(tiny_models_file), tally)
        assert tally.images == 0

    def test_counts_across_threads(self) -> None:
        tally = Tally()
        picture = Picture(None, 1, None)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: tally.add([picture]), range(1000)))
        assert tally.images == 1000

    def test_is_told_in_the_words_of_prometheus(
        self, http: TestClient, predictor: Predictor, tally: Tally
    ) -> None:
        predictor.draw([asking(prompt="a red dress")])
        answer = http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert f"baseline_images_total {float(tally.images)}" in answer.text.splitlines()


class TestAnswer:
    def test_a_picture_is_a_png_with_its_seed_and_score(self) -> None:
        scores = SafetyScores(checker="c", weights_sha256="0", concepts={"a": -0.5, "b": -0.25})
        seen: np.ndarray = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
        answer = answer_of(Picture(seen, 7, scores))
        assert answer.media_type == "image/png"
        assert (answer.headers["x-seed"], answer.headers["x-safety-score"]) == ("7", "-0.2500")
        assert np.array_equal(np.asarray(Image.open(BytesIO(answer.body))), seen)

    @pytest.mark.parametrize(
        "scores", [None, SafetyScores(checker="c", weights_sha256="0", concepts={"a": None})]
    )
    def test_an_unchecked_picture_says_so(self, scores: SafetyScores | None) -> None:
        answer = answer_of(Picture(np.zeros((8, 8, 3), dtype=np.uint8), 7, scores))
        assert answer.headers["x-safety-score"] == "unchecked"


@pytest.fixture(params=["fastapi", "fastapi-lock", "ray"])
def http(
    request: pytest.FixtureRequest, predictor: Predictor, tally: Tally
) -> Iterator[TestClient]:
    """The apps of the servers that have one, in this process."""

    async def draw(asked: GenerationParameters) -> Drawn:
        return predictor.draw([asked])[0]

    made = {
        "fastapi": lambda: fastapi_plain.create_app(predictor, tally, nullcontext()),
        "fastapi-lock": lambda: fastapi_plain.create_app(predictor, tally, Lock()),
        "ray": lambda: ray_app.create_app(draw, tally),
    }
    with TestClient(made[request.param]()) as client:
        yield client


class TestPredict:
    def test_answers_as_our_own_does(self, http: TestClient, ours: TestClient) -> None:
        answer, own = (
            client.post("/predict", json={"prompt": "a red dress", "seed": 5})
            for client in (http, ours)
        )
        for name in ("content-type", "x-seed", "x-safety-score"):
            assert answer.headers[name] == own.headers[name]
        assert psnr(pixels_of(answer.content), pixels_of(own.content)) >= ALIKE

    @pytest.mark.parametrize(
        "asked",
        [{}, {"prompt": ""}, {"prompt": "x", "width": 100}, {"prompt": "x", "colour": "red"}],
    )
    def test_bad_input_is_refused(self, http: TestClient, asked: dict[str, Any]) -> None:
        assert http.post("/predict", json=asked).status_code == 422

    def test_what_our_model_cannot_draw_is_named(self, http: TestClient) -> None:
        answer = http.post("/predict", json={"prompt": "x", "model": "nobody"})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_model")

    def test_is_ready(self, http: TestClient) -> None:
        assert http.get("/readyz").status_code == 200

"""The baseline servers as processes: they answer as our own does, and end with all that they started."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from starlette.testclient import TestClient

from inference.app import create_app
from inference.baselines.__main__ import ARMS
from inference.engine import Engine
from loadtests.counters import read_counters
from tests.fixtures.inference import SECONDS_TO_LOAD, Server, pixels_of, psnr, running_server

ALIKE = 45.0
PATIENCE = 60.0
SECONDS_TO_END = 20.0
MOMENT = 0.5
SLOW: dict[str, Any] = {
    "prompt": "a coat",
    "width": 256,
    "height": 256,
    "num_inference_steps": 100,
}
LONGER = {**SLOW, "num_inference_steps": 40}  # than a moment; it is drawn to its end
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(400)]


@contextmanager
def running(arm: str, models_file: Path) -> Iterator[Server]:
    """An arm that must leave nothing behind, however it is ended."""
    with running_server("inference.baselines", models_file, SECONDS_TO_LOAD, arm) as server:
        children = psutil.Process(server.pid).children(recursive=True)
        yield server
    _, left = psutil.wait_procs(children, timeout=SECONDS_TO_END)
    assert left == []


@pytest.fixture(
    scope="module",
    params=[pytest.param(arm, marks=[pytest.mark.ray] if "ray" in arm else []) for arm in ARMS],
)
def arm(request: pytest.FixtureRequest) -> str:
    """Each arm in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def url(arm: str, tiny_models_file: Path) -> Iterator[str]:
    """The address of the arm; one server of each for all tests."""
    with running(arm, tiny_models_file) as server:
        yield server.url


def predict(url: str, **asked: Any) -> httpx2.Response:
    return httpx2.post(f"{url}/predict", json=asked, timeout=PATIENCE, trust_env=False)


class TestPredict:
    def test_answers_as_our_own_does(self, url: str, tiny_engine: Engine) -> None:
        asked = {"prompt": "a red dress", "seed": 5, "num_inference_steps": 3}
        answer = predict(url, **asked)
        with TestClient(create_app(tiny_engine)) as ours:
            own = ours.post("/predict", json=asked)
        for name in ("content-type", "x-seed", "x-safety-score"):
            assert answer.headers[name] == own.headers[name]
        assert psnr(pixels_of(answer.content), pixels_of(own.content)) >= ALIKE

    def test_together_is_as_alone(self, url: str, arm: str) -> None:
        asked = [{"prompt": "a coat", "num_inference_steps": 30, "seed": seed} for seed in range(6)]
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(lambda one: predict(url, **one), asked))
        alone = predict(url, **asked[3])
        assert [int(answer.headers["x-seed"]) for answer in answers] == list(range(6))
        assert psnr(pixels_of(answers[3].content), pixels_of(alone.content)) >= ALIKE
        batches = {int(answer.headers["x-batch-size"]) for answer in answers}
        assert (max(batches) > 1) == arm.endswith("batched")

    def test_bad_input_is_refused(self, url: str) -> None:
        assert predict(url, prompt="x", width=100).status_code == 422

    def test_what_our_model_cannot_draw_is_named(self, url: str) -> None:
        answer = predict(url, prompt="x", model="nobody")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_model")


class TestMetrics:
    def test_count_what_is_drawn_also_for_those_who_left(self, url: str) -> None:
        before = images(url)
        assert predict(url, prompt="a red dress", num_inference_steps=1).status_code == 200
        assert images(url) == before + 1
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.post(f"{url}/predict", json=LONGER, timeout=MOMENT, trust_env=False)
        eventually(lambda: images(url) == before + 2)


def images(url: str) -> float:
    return read_counters(url)["images"]


def ended(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # its parent is this process


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class TestEnd:
    @pytest.mark.parametrize(
        ("arm", "number"), [("fastapi", signal.SIGINT), ("litserve-batched", signal.SIGTERM)]
    )
    def test_a_signal_is_enough_even_while_it_draws(
        self, arm: str, number: signal.Signals, tiny_models_file: Path
    ) -> None:
        with ThreadPoolExecutor(1) as pool, running(arm, tiny_models_file) as server:
            lost = pool.submit(predict, server.url, **SLOW)
            time.sleep(MOMENT)
            psutil.Process(server.pid).send_signal(number)
            eventually(lambda: ended(server.pid))
            with pytest.raises(httpx2.TransportError):
                lost.result()

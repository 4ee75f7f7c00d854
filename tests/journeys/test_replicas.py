"""A real local Ray Serve from the outside: two models, each an application of two replicas.

Whoever is reached, the picture is found; told to end, a replica hands back what it cannot finish. One Ray for
most of it, since starting four replicas takes a minute. Killing them is `tests/faults/test_f02_replicas_killed.py`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ray import util as ray_util

from inference import metrics_port
from inference.hosting import free_port
from inference.protocol import (
    GenerationRequest,
    InferenceClient,
    UnknownGeneration,
    UnknownModel,
)
from inference.request_ids import trace_id_of
from tests.fixtures.collector import Collector, Told
from tests.fixtures.inference import Server, asking, drawn, heard, running_server
from tests.fixtures.replicas import asking_at, replicas_of

MODELS = ("tiny", "tiny-too")
REPLICAS = 2
FETCHES = 6  # each goes to either replica; all to the one that drew it in one run of 32
DRAINED_WITHIN_S = 14.0
ENDED_WITHIN_S = 20.0
PATIENCE_S = 240.0
pytestmark = [pytest.mark.serial, pytest.mark.ray, pytest.mark.timeout(500)]


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory, tiny_models_file: Path) -> Path:
    """A models file that offers the tiny model under two names."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "tiny").symlink_to(tiny_models_file.parent / "tiny")
    offer = tiny_models_file.read_text()
    other = offer.replace('name = "tiny"', f'name = "{MODELS[1]}"')
    (folder / "models.toml").write_text(offer + other)
    return folder / "models.toml"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def first_port() -> int:
    """The port at which the first replica tells what it counts."""
    return free_port()


@pytest.fixture(scope="module")
def ray(two_models: Path, collector: Collector, first_port: int) -> Iterator[Server]:
    """Where both applications answer: two addresses with a comma between."""
    arguments = ("--apart", f"--replicas={REPLICAS}")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(metrics_port.PORT_VARIABLE, str(first_port))
        patched.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        with running_server("inference.serve_app", two_models, PATIENCE_S, *arguments) as server:
            yield server


def test_every_model_is_offered_and_drawn_by_its_own_application(
    ray: Server, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with asking_at(ray.url, tmp_path) as client:
            assert [card.name for card in await client.models()] == list(MODELS)
            assert (await client.health()).ready
            for model in MODELS:
                assert len(await drawn(client, asking(model=model))) == 1
            with pytest.raises(UnknownModel, match="tiny, tiny-too"):
                await heard(client, asking(model="sdxl"))

    asyncio.run(scenario())
    assert [len(replicas_of(ray, model)) for model in MODELS] == [REPLICAS, REPLICAS]


def test_an_image_and_its_status_are_found_whichever_replica_is_reached(ray: Server) -> None:
    url = ray.url.split(",")[0]
    answer = httpx2.post(
        f"{url}/v1/generate",
        json={"id": "wanted", "parameters": {"prompt": "a hat"}},
        timeout=PATIENCE_S,
        trust_env=False,
    )
    assert answer.status_code == 200
    images, states = set(), set()
    for _ in range(FETCHES):
        at = f"{url}/v1/jobs/wanted"
        images.add(httpx2.get(f"{at}/images/0", trust_env=False).content)
        states.add(httpx2.get(at, trust_env=False).json()["state"])
    assert len(images) == 1
    assert states == {"succeeded"}
    nobody = httpx2.get(f"{url}/v1/jobs/nobody/images/0", trust_env=False)
    assert (nobody.status_code, nobody.json()["code"]) == (404, UnknownGeneration.code)


def test_a_cancel_reaches_whoever_draws(ray: Server, tmp_path: Path) -> None:
    async def canceled(client: InferenceClient, request: GenerationRequest) -> str:
        last = ""
        async for event in client.generate(request):
            if event.type == "progress" and last != "progress":
                await client.cancel(request.id)
            last = event.type
        return event.code if event.type == "error" else event.type

    async def scenario() -> None:
        slow: dict[str, Any] = {
            "num_inference_steps": 100,
            "width": 256,
            "height": 256,
            "num_images": 8,
        }
        async with asking_at(ray.url, tmp_path) as client, asyncio.TaskGroup() as tasks:
            told = [tasks.create_task(canceled(client, asking(**slow))) for _ in range(4)]
        assert [task.result() for task in told] == ["canceled"] * 4

    asyncio.run(scenario())


def test_each_replica_tells_at_a_port_of_its_own_what_its_engine_counts(
    ray: Server, tmp_path: Path, first_port: int
) -> None:
    async def draw() -> None:
        async with asking_at(ray.url, tmp_path) as client, asyncio.TaskGroup() as tasks:
            for model in MODELS * 3:
                tasks.create_task(heard(client, asking(model=model, num_images=2)))

    before = _told_by_replicas(first_port)
    asyncio.run(draw())
    after = _told_by_replicas(first_port)
    assert len(after) == len(before) == len(MODELS) * REPLICAS
    assert sorted(model for _, model in after) == sorted(MODELS * REPLICAS)
    assert {
        name: sum(count - before[one] for one, count in after.items() if one[1] == name)
        for name in MODELS
    } == dict.fromkeys(MODELS, 3.0 * 2)


def _told_by_replicas(first: int) -> dict[tuple[str, str], float]:
    """Return how many images each (replica, model) has finished."""
    told = {}
    # Ray knows a node on loopback by the machine's own address.
    host = ray_util.get_node_ip_address()
    for port in range(first, first + metrics_port.TRIED):
        try:
            text = httpx2.get(f"http://{host}:{port}/metrics", trust_env=False).text
        except httpx2.TransportError:
            continue
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "atelier_inference_images_total":
                    told[sample.labels["replica"], sample.labels["model"]] = sample.value
    return told


def test_a_replica_goes_on_with_the_trace_that_asked(ray: Server, collector: Collector) -> None:
    parent = f"00-{trace_id_of('a-click')}-b7ad6b7169203331-01"
    httpx2.post(
        f"{ray.url.split(',')[0]}/v1/generate",
        json={"parameters": {"prompt": "a hat"}},
        headers={"traceparent": parent, "x-request-id": "a-click"},
        timeout=PATIENCE_S,
        trust_env=False,
    ).raise_for_status()

    def ours() -> dict[str, Told]:
        told = [span for span in collector.spans if span.trace_id == trace_id_of("a-click")]
        return {span.name: span for span in told}

    _wait_for(lambda: {"denoise", "POST /v1/generate"} <= ours().keys())
    spans = ours()
    assert spans["POST /v1/generate"].parent_id == "b7ad6b7169203331"
    assert spans["engine"].parent_id == spans["POST /v1/generate"].span_id
    assert spans["denoise"].parent_id == spans["engine"].span_id


def test_a_backlog_brings_replicas_and_an_end_hands_back_what_is_unfinished(
    tiny_models_file: Path,
) -> None:
    most = f"--max-replicas={REPLICAS}"
    with running_server("inference.serve_app", tiny_models_file, PATIENCE_S, most) as server:
        _grow_and_end_while_drawing(server)


def _grow_and_end_while_drawing(server: Server) -> None:
    endless: dict[str, Any] = {"prompt": "a hat", "num_inference_steps": 100, "num_images": 8}
    endless |= {"width": 256, "height": 256}

    def follow() -> list[str]:
        asked = {"parameters": endless}
        with httpx2.stream(
            "POST", f"{server.url}/v1/generate", json=asked, timeout=PATIENCE_S, trust_env=False
        ) as answer:
            return [line for line in answer.iter_lines() if line.startswith("data:")]

    with ThreadPoolExecutor(6) as pool:
        followers = [pool.submit(follow) for _ in range(6)]
        assert len(replicas_of(server)) == 1
        _wait_for(lambda: len(replicas_of(server)) == REPLICAS)
        process = psutil.Process(server.pid)
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        last = [json.loads(follower.result()[-1].removeprefix("data:")) for follower in followers]
        drained = time.monotonic() - told
        _, left = psutil.wait_procs([process], ENDED_WITHIN_S)
    assert drained < DRAINED_WITHIN_S
    handed_back = [event for event in last if event["type"] == "error"]
    assert handed_back
    assert all(event["retryable"] for event in handed_back)
    assert left == []


def _wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)

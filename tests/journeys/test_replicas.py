"""A real local Ray Serve from the outside: two models, each an application of two replicas.

Whoever is reached, the picture is found; whoever is killed, nothing is lost; told to end, it hands back
what it cannot finish. One Ray for most of it, since starting four replicas takes a minute.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil
import pytest
from sqlmodel import select

from backend.generations import service
from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.database import Database
from backend.kit.queue import State
from inference.client import connect
from inference.protocol import (
    GenerationParameters,
    GenerationRequest,
    InferenceClient,
    ModelCard,
    UnknownGeneration,
    UnknownModel,
)
from tests.fixtures.inference import Server, asking, drawn, heard, running_server
from tests.fixtures.workshop import Workshop

T = TypeVar("T")
MODELS = ("tiny", "tiny-too")
REPLICAS = 2
FETCHES = 6  # each goes to either replica; all to the one that drew it in one run of 32
KILLS, GENERATIONS, IMAGES_EACH = 2, 16, 2
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
def ray(two_models: Path) -> Iterator[Server]:
    """Where both applications answer: two addresses with a comma between."""
    arguments = ("--apart", f"--replicas={REPLICAS}")
    with running_server("inference.serve_app", two_models, PATIENCE_S, *arguments) as server:
        yield server


@asynccontextmanager
async def asking_at(url: str, folder: Path) -> AsyncIterator[InferenceClient]:
    client = connect(url, data_dir=folder)
    try:
        yield client
    finally:
        await client.aclose()


def replicas_of(server: Server, model: str = "") -> list[psutil.Process]:
    """The processes of a model's replicas (of the only application's, without one), all of them ours."""
    name = f"ray::ServeReplica:atelier{'-m-' if model else ''}{model}:"
    found = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with suppress(psutil.Error):  # ended meanwhile
            if name in " ".join(child.cmdline()):
                found.append(child)
    return found


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


def test_a_replica_killed_in_the_middle_loses_nothing(
    ray: Server, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop = Workshop(database, tmp_path, max_attempts=20, dispatch_concurrency=8)
    asyncio.run(_draw_while_replicas_die(workshop, ray, tmp_path))
    with database.read() as session:
        rows = list(session.exec(select(Generation)))
        images = list(session.exec(select(Image)))
    ledger: dict[str, Any] = {
        "database": database.engine.dialect.name,
        "kills": KILLS,
        "accepted": GENERATIONS,
        "succeeded": sum(row.state is State.SUCCEEDED for row in rows),
        "interrupted": sum(row.attempt > 1 for row in rows),
        "images": len(images),
        "without_file": sum(not workshop.context.storage.exists(i.storage_key) for i in images),
    }
    with capsys.disabled():
        print(f"\n{json.dumps(ledger)}")  # noqa: T201
    assert ledger["succeeded"] == GENERATIONS
    assert ledger["images"] == GENERATIONS * IMAGES_EACH
    assert ledger["interrupted"] >= 1
    assert ledger["without_file"] == 0


async def _draw_while_replicas_die(workshop: Workshop, ray: Server, folder: Path) -> None:
    async with asking_at(ray.url, folder) as client:
        workshop.context = replace(workshop.context, inference=client)
        card = (await client.models())[0]
        rows = [_submit(workshop, card, seed) for seed in range(GENERATIONS)]
        async with workshop.dispatching(), asyncio.timeout(PATIENCE_S):
            for kill in range(KILLS):
                both = await _until(lambda: _busy(replicas_of(ray, card.name)))
                both[kill % REPLICAS].kill()
            await _until(lambda: _ended(workshop, rows) == GENERATIONS)


def _submit(workshop: Workshop, card: ModelCard, seed: int) -> Generation:
    asked = GenerationParameters(
        prompt="a red dress",
        model=card.name,
        seed=seed,
        num_images=IMAGES_EACH,
        num_inference_steps=50,
        width=128,
        height=128,
    )
    with workshop.context.database.write() as session:
        return service.submit(session, workshop.context, workshop.actor, asked, card).row


def _ended(workshop: Workshop, rows: list[Generation]) -> int:
    return sum(workshop.row(row).state.ended for row in rows)


def _busy(replicas: list[psutil.Process]) -> list[psutil.Process]:
    """Both replicas, once both are there and draw."""
    if len(replicas) < REPLICAS:
        return []
    try:
        spent = [replica.cpu_times().user for replica in replicas]
        time.sleep(0.3)
        more = [replica.cpu_times().user for replica in replicas]
    except psutil.Error:  # ended meanwhile
        return []
    return replicas if all(now > was for now, was in zip(more, spent, strict=True)) else []


async def _until(true: Callable[[], T]) -> T:
    """Return what `true` returns once there is something to it."""
    while not (found := await asyncio.to_thread(true)):  # noqa: ASYNC110 - other processes ring no bell
        await asyncio.sleep(0.05)
    return found


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

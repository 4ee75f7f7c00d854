"""F2: replicas of a real Ray Serve killed -9 in the middle, ten times; another one goes on, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, TypeVar, cast

import httpx2
import psutil
import pytest

from backend.generations import service
from backend.generations.models import Generation
from backend.kit.database import Database
from inference.protocol import (
    GenerationEvent,
    GenerationParameters,
    GenerationRequest,
    InferenceClient,
    InferenceHealth,
    ModelCard,
    PromptLength,
)
from tests.faults.dispatchers import ledger_of, rows_of
from tests.fixtures.inference import Server, running_server
from tests.fixtures.replicas import asking_at, replicas_of
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

T = TypeVar("T")
REPLICAS, IN_FLIGHT, IMAGES_EACH = 2, 4, 2
KILLS = {"sqlite": (1, 2, 1, 2), "postgresql": (1, 2, 1)}
"""How many at the same moment: one, so that the other goes on with its work, or both."""
RESUMED_WITHIN_S = 5.0
BEGAN = "atelier_inference_images_created "
PATIENCE_S = 240.0
pytestmark = [
    pytest.mark.serial,
    pytest.mark.faults,
    pytest.mark.ray,
    pytest.mark.timeout(500),
]


@pytest.fixture(scope="module")
def ray(tiny_models_file: Path) -> Iterator[Server]:
    """One application of two replicas that draw with the tiny model."""
    replicas = f"--replicas={REPLICAS}"
    with running_server("inference.serve_app", tiny_models_file, PATIENCE_S, replicas) as server:
        yield server


class Heard(NamedTuple):
    at: float
    generation: str
    what: str


class Watched:
    """An inference client that notes what it hears, and when a stream breaks off."""

    def __init__(self, client: InferenceClient) -> None:
        self._client = client
        self.heard: list[Heard] = []

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        generation, _, _ = request.id.rpartition("-")
        what = ""
        try:
            events = cast("AsyncGenerator[GenerationEvent]", self._client.generate(request))
            async with aclosing(events) as heard:
                async for event in heard:
                    what = event.type
                    self.heard.append(Heard(time.monotonic(), generation, what))
                    yield event
        finally:
            if what != "done":
                self.heard.append(Heard(time.monotonic(), generation, "broken"))

    async def image(self, generation_id: str, index: int) -> bytes:
        return await self._client.image(generation_id, index)

    async def cancel(self, generation_id: str) -> None:
        await self._client.cancel(generation_id)

    async def models(self) -> list[ModelCard]:
        return await self._client.models()

    async def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        return await self._client.length_of(prompt, model)

    async def health(self) -> InferenceHealth:
        return await self._client.health()

    async def aclose(self) -> None:
        await self._client.aclose()


class Scene:
    """A workshop that always has something to draw, and replicas to be killed."""

    def __init__(self, workshop: Workshop, watched: Watched, card: ModelCard, ray: Server) -> None:
        self.workshop = workshop
        self.watched = watched
        self.killed: list[float] = []
        self.ready_after: list[float] = []
        self._ready: set[str] = set()
        self.accepted: set[str] = set()
        self._card = card
        self._ray = ray

    async def kill(self, number: int) -> None:
        """Kill so many of two replicas that draw; return when two are ready again, and all goes on."""
        await _until(self._both_ready)
        both = await _until(self._both_busy)
        for victim in both[:number]:
            victim.kill()
        self.killed.append(time.monotonic())
        self._ready = set()
        await _until(self._both_ready)
        self.ready_after.append(time.monotonic() - self.killed[-1])
        await _until(self._all_go_on)

    async def finish(self) -> None:
        await _until(lambda: self._outstanding() == 0)

    def _both_ready(self) -> bool:
        """Whether two have answered since the last kill, told apart by when their engines began."""
        self._feed()
        with suppress(httpx2.TransportError):  # it was sent to the one that was killed
            answer = httpx2.get(f"{self._ray.url}/metrics", timeout=PATIENCE_S, trust_env=False)
            lines = answer.text.splitlines()
            self._ready.update(line for line in lines if line.startswith(BEGAN))
        return len(self._ready) == REPLICAS

    def _both_busy(self) -> list[psutil.Process]:
        self._feed()
        replicas = replicas_of(self._ray)
        spent = [replica.cpu_times().user for replica in replicas]
        time.sleep(0.3)
        more = [replica.cpu_times().user for replica in replicas]
        return replicas if all(now > was for now, was in zip(more, spent, strict=True)) else []

    def _all_go_on(self) -> bool:
        waiting: set[str] = set()
        for one in self.watched.heard:
            if one.what == "broken" and one.at >= self.killed[-1]:
                waiting.add(one.generation)
            elif one.what != "broken":
                waiting.discard(one.generation)
        return not waiting

    def _feed(self) -> None:
        for _ in range(IN_FLIGHT - self._outstanding()):
            self._submit(seed=len(self.accepted))

    def _submit(self, seed: int) -> None:
        asked = GenerationParameters(
            prompt="a red dress",
            model=self._card.name,
            seed=seed,
            num_images=IMAGES_EACH,
            num_inference_steps=50,
            width=128,
            height=128,
        )
        workshop = self.workshop
        with workshop.context.database.write() as session:
            row = service.submit(session, workshop.context, workshop.actor, asked, self._card).row
        self.accepted.add(row.id)

    def _outstanding(self) -> int:
        return sum(not row.state.ended for row in rows_of(self.workshop))


async def _until(true: Callable[[], T]) -> T:
    """Return what `true` returns once there is something to it."""
    while not (found := await asyncio.to_thread(true)):  # noqa: ASYNC110 - other processes ring no bell
        await asyncio.sleep(0.05)
    return found


def test_what_a_killed_replica_drew_is_drawn_on_by_another(
    ray: Server, database: Database, tmp_path: Path, tell: Tell
) -> None:
    kills = KILLS[database.engine.dialect.name]
    workshop = Workshop(database, tmp_path, max_attempts=20, dispatch_concurrency=IN_FLIGHT)

    async def scenario() -> Scene:
        async with asking_at(ray.url, tmp_path) as client, asyncio.timeout(PATIENCE_S):
            watched = Watched(client)
            workshop.context = replace(workshop.context, inference=watched)
            scene = Scene(workshop, watched, (await client.models())[0], ray)
            async with workshop.dispatching():
                for number in kills:
                    await scene.kill(number)
                await scene.finish()
        return scene

    scene = asyncio.run(scenario())
    resumed = resumptions(scene.watched.heard, scene.killed)
    told: dict[str, Any] = {
        "fault": "F2",
        **ledger_of(workshop, scene.accepted, IMAGES_EACH),
        "kills": sum(kills),
        "broken_off": len(resumed),
        "resumed_p50_s": round(median(resumed), 2),
        "resumed_max_s": round(max(resumed), 2),
        "replica_ready_s": [round(seconds, 1) for seconds in scene.ready_after],
    }
    tell(told)
    assert told["succeeded"] == told["ended"] == told["accepted"]
    assert told["images"] == told["accepted"] * IMAGES_EACH
    assert (told["lost"], told["duplicates"], told["missing_files"]) == (0, 0, 0)
    assert told["interrupted"] >= 1
    assert told["resumed_max_s"] <= RESUMED_WITHIN_S + max(scene.ready_after)
    for row in rows_of(workshop):
        assert row.attempt - 1 <= kills_during(row, scene)


def resumptions(heard: list[Heard], killed: list[float]) -> list[float]:
    """For each stream that a kill broke off, the seconds from the kill to the next event of that generation."""
    resumed = []
    for broken in (one for one in heard if one.what == "broken"):
        kill = max((at for at in killed if at <= broken.at), default=None)
        later = (
            one.at
            for one in heard
            if one.generation == broken.generation and one.at > broken.at and one.what != "broken"
        )
        first = next(later, None)
        if kill is not None and first is not None:
            resumed.append(first - kill)
    return resumed


def kills_during(row: Generation, scene: Scene) -> int:
    times = [one.at for one in scene.watched.heard if one.generation == row.id]
    return sum(times[0] <= at <= times[-1] for at in scene.killed)

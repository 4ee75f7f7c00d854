"""What a client that leaves half-way still costs: the step under way, and at most one more.

Every call of the UNet waits for the test's leave, so that no clock decides who comes first.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inference.app import create_app
from inference.engine import Engine
from inference.options import EngineOptions
from tests.fixtures.inference import running_engine

GRACE = 1.0
MOMENT = 0.005
PATIENCE = 60.0
PARAMETERS = {"prompt": "a red dress", "num_inference_steps": 100}
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def engine(tiny_models_file: Path) -> Iterator[Engine]:
    """An engine that soon gives up what nobody follows."""
    with running_engine(tiny_models_file, EngineOptions(grace=GRACE)) as running:
        yield running


class Gate:
    """Lets the calls of a UNet through one by one, and counts those that came."""

    def __init__(self) -> None:
        self.calls = 0
        self._leaves = threading.Semaphore(0)

    def __call__(self, *_: object) -> None:
        self.calls += 1
        assert self._leaves.acquire(timeout=PATIENCE)

    def let_through(self, calls: int) -> None:
        self._leaves.release(calls)

    async def reached(self, calls: int) -> None:
        await eventually(lambda: self.calls >= calls)


@pytest.fixture
def gate(engine: Engine) -> Iterator[Gate]:
    gate = Gate()
    assert engine._drawing
    hook = engine._drawing.studio.bundle("tiny").unet.register_forward_pre_hook(gate)
    yield gate
    gate.let_through(1000)
    hook.remove()


class Client:
    """Somebody who asks the app for something and may go away before the answer."""

    def __init__(self, engine: Engine, path: str, body: object) -> None:
        self._app = create_app(engine)
        self._path, self._body = path, [json.dumps(body).encode()]
        self._gone = asyncio.Event()
        self.asked = asyncio.ensure_future(self._ask())

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.sleep(0)

    async def _ask(self) -> None:
        headers = [(b"content-type", b"application/json")]
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": self._path}
        scope |= {"headers": headers, "query_string": b"", "asgi": {"version": "3.0"}}
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self._body:
            return {"type": "http.request", "body": self._body.pop()}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: object) -> None:
        pass


async def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(MOMENT)


async def at_rest(engine: Engine, gate: Gate) -> int:
    """Let everything through, and return how many calls there were when nothing was drawn any more."""
    gate.let_through(1000)
    await eventually(lambda: engine.health().running == 0)
    return gate.calls


async def test_who_leaves_predict_costs_the_step_under_way_and_at_most_one(
    engine: Engine, gate: Gate
) -> None:
    client = Client(engine, "/predict", PARAMETERS)
    gate.let_through(1)
    await gate.reached(2)
    await client.leave()
    gate.let_through(1)
    await client.asked  # it noticed, with the third step under way or not begun
    assert await at_rest(engine, gate) <= 3


async def test_who_leaves_the_events_costs_the_step_under_way_once_the_grace_is_over(
    engine: Engine, gate: Gate
) -> None:
    client = Client(engine, "/v1/generate", {"id": "left", "parameters": PARAMETERS})
    gate.let_through(1)
    await gate.reached(2)
    await client.leave()
    await client.asked
    await asyncio.sleep(GRACE + MOMENT)
    assert await at_rest(engine, gate) == 2
    assert engine.find("left").state == "canceled"


async def test_who_cancels_costs_the_step_under_way(engine: Engine, gate: Gate) -> None:
    client = Client(engine, "/v1/generate", {"id": "canceled", "parameters": PARAMETERS})
    gate.let_through(1)
    await gate.reached(2)
    engine.cancel("canceled")
    assert await at_rest(engine, gate) == 2
    await client.asked

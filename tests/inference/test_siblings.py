"""An app that is asked for what another replica holds: two engines in one process, each other's sibling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inference.app import create_app, status_of
from inference.engine import Engine
from inference.generation import State
from inference.protocol import UnknownGeneration
from tests.fixtures.inference import ROOM, asking, running_engine


class Sibling:
    """What `serve_app.Replicas` does through Ray, for one other engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def image(self, generation_id: str, index: int) -> bytes | None:
        try:
            return self._engine.image(generation_id, index)
        except UnknownGeneration:
            return None

    async def status(self, generation_id: str) -> dict[str, Any] | None:
        try:
            return status_of(self._engine.find(generation_id)).model_dump(mode="json")
        except UnknownGeneration:
            return None

    async def cancel(self, generation_id: str) -> None:
        self._engine.cancel(generation_id)


@pytest.fixture(scope="module")
def other(tiny_models_file: Path) -> Iterator[Engine]:
    """The engine of the other replica."""
    with running_engine(tiny_models_file, ROOM) as engine:
        yield engine


@pytest.fixture(scope="module")
def app(tiny_engine: Engine, other: Engine) -> Iterator[TestClient]:
    """The replica that is asked."""
    with TestClient(create_app(tiny_engine, Sibling(other))) as client:
        yield client


@pytest.fixture(scope="module")
def drawn_elsewhere(other: Engine) -> str:
    """The id of a generation that only the other replica holds."""
    with TestClient(create_app(other)) as client:
        client.post("/v1/generate", json={"id": "elsewhere", "parameters": {"prompt": "a hat"}})
    return "elsewhere"


def test_an_image_is_fetched_from_whoever_drew_it(
    app: TestClient, other: Engine, drawn_elsewhere: str
) -> None:
    answer = app.get(f"/v1/jobs/{drawn_elsewhere}/images/0")
    assert answer.content == other.image(drawn_elsewhere, 0)
    assert answer.headers["content-type"] == "image/webp"


def test_so_is_its_status(app: TestClient, drawn_elsewhere: str) -> None:
    told = app.get(f"/v1/jobs/{drawn_elsewhere}").json()
    assert (told["id"], told["state"]) == (drawn_elsewhere, "succeeded")
    assert len(told["images"]) == 1


def test_a_cancel_reaches_it(app: TestClient, other: Engine) -> None:
    slow = other.submit(asking(num_inference_steps=100, width=256, height=256, num_images=8))
    assert app.delete(f"/v1/jobs/{slow.id}").status_code == 204
    assert slow.stopping or slow.state is State.CANCELED


@pytest.mark.parametrize("path", ["/v1/jobs/nobody", "/v1/jobs/nobody/images/0"])
def test_what_nobody_holds_is_unknown(app: TestClient, path: str) -> None:
    answer = app.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_generation")

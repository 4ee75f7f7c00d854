"""A studio of each database in turn, and people who ask it for grids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scanty import open_scanty

API = "/api/v1/grids"
BASE = {"prompt": "a red dress on a cream background"}
STEPS = {"setting": "num_inference_steps", "values": [2, 4]}
GUIDANCE = {"setting": "guidance_scale", "values": [3, 6, 9]}


def body(x: Any = STEPS, y: Any = None, z: Any = None, **base: Any) -> dict[str, Any]:
    return {"base": {**BASE, **base}, "x": x, "y": y, "z": z}


def axis(setting: str, *values: Any) -> dict[str, Any]:
    return {"setting": setting, "values": list(values)}


def ask(person: Client, asked: Any, key: str | None = None, **query: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return person.post(API, json=asked, headers=headers, params=query)


def submit(person: Client, asked: Any, **more: Any) -> Any:
    answer = ask(person, asked, **more)
    assert answer.status_code == 202, answer.text
    return answer.json()


def drawn(person: Client, asked: Any) -> Any:
    """Have `person` draw a grid to the end; return it."""
    grid = submit(person, asked)
    for cell in grid["cells"]:
        # The stream ends with the generation, so reading it is waiting for it.
        path = f"/api/v1/generations/{cell['generation']['id']}/events"
        person.get(path).raise_for_status()
    return person.get(f"{API}/{grid['id']}").json()


def problems(answer: Any) -> dict[str, Any]:
    """Return the nearest good value of each field that was refused."""
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["nearest"] for one in answer.json()["fields"]}


@pytest.fixture
def studio(database_url: str, tmp_path: Path) -> Iterator[Studio]:
    with open_scanty(database_url, tmp_path / "var") as opened:
        yield opened


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser()

"""A studio of each database in turn, and people who keep recipes there and run them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.dispatch import stepping
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scanty import open_scanty

RECIPES = "/api/v1/recipes"
RUNS = "/api/v1/runs"
NOBODYS = "01m7xxtq72y599hfwczfvzjz52"
INPAINT = {"masked": True, "strength": 0.5}
UPSCALE = {"upscale": {"factor": 2}, "prompt": "fine cloth"}
STYLE = {"prompt": "a watercolour of {prompt}", "strength": 0.25}


def keep(person: Client, *steps: Any, **more: Any) -> Any:
    answer = person.post(RECIPES, json={"title": "Finish", "steps": list(steps), **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ask(
    person: Client, recipe: Any, *, key: str | None = None, dry: bool = False, **body: Any
) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    path = f"{RECIPES}/{recipe['id']}/runs" + ("?dry_run=true" if dry else "")
    return person.post(path, json=body, headers=headers)


def begin(person: Client, recipe: Any, **body: Any) -> Any:
    """Begin one run; return it."""
    answer = ask(person, recipe, **body)
    assert answer.status_code == 202, answer.text
    return answer.json()["items"][0]


def read(person: Client, run: Any) -> Any:
    answer = person.get(f"{RUNS}/{run['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def followed(studio: Studio, person: Client, run: Any) -> Any:
    """Follow a run until it goes no further by itself; return it."""
    while True:
        run = read(person, run)
        step = run["steps"][run["at"] - 1]
        if run["state"] != "running" or step["generation"] is None:
            return run
        # The stream ends with the generation, so reading it is waiting for it.
        person.get(f"/api/v1/generations/{step['generation']['id']}/events").raise_for_status()
        stepping.take_on(studio.context)


def ran(studio: Studio, person: Client, recipe: Any, **body: Any) -> Any:
    """Begin one run and follow it; return it."""
    return followed(studio, person, begin(person, recipe, **body))


def fields(answer: Any, status: int = 422) -> set[str]:
    """Return the names of the fields that were refused."""
    assert answer.status_code == status, answer.text
    return {one["field"] for one in answer.json()["fields"]}


@pytest.fixture
def studio(database_url: str, tmp_path: Path) -> Iterator[Studio]:
    with open_scanty(database_url, tmp_path / "var") as opened:
        yield opened


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser()

"""The whole studio in this process: the real backend, the pages mounted on it, scripted inference."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from backend.kit.settings import Settings
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.scripted import ScriptedInference
from webui.server import create_studio

Result = TypeVar("Result")
PAGE = {"accept": "text/html"}
CALL = "/gradio_api/run/predict"
_CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The backend with its pages, open; one for a file of tests, since pages take seconds to build."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("studio"))
    with open_studio(settings, ScriptedInference(), create_studio) as opened:
        yield opened


@pytest.fixture
def designer(studio: Studio) -> Client:
    """A designer's browser."""
    return studio.actors.browser("designer")


def run_apart(build: Callable[[], Coroutine[object, object, Result]]) -> Result:
    """Run a coroutine on a loop of its own in a thread: Playwright keeps one running in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(build())).result()


def config_of(browser: Client, path: str = "/") -> Any:
    """Return the configuration that Gradio writes into a page."""
    found = _CONFIG.search(browser.get(path, headers=PAGE).text)
    assert found, "the page carries no configuration"
    return json.loads(found[1])


def press(browser: Client, *values: object, edit: dict[str, object] | None = None) -> Any:
    """Press Generate as the page does; the values are the ticket and then the form's fields."""
    ticket, *fields = values
    press = next(one for one in config_of(browser)["dependencies"] if one["api_name"] == "press")
    sent = {
        "fn_index": press["id"],
        "data": [{"ticket": ticket, "edit": edit or {}}, *fields],
        "session_hash": "abc123",
    }
    return browser.post(CALL, json=sent)


def form(prompt: str = "a red dress", **changed: object) -> list[object]:
    """Return the values of a form as it stands after the prompt was typed."""
    values: dict[str, object] = {
        "prompt": prompt, "ratio": "square", "num_images": 1, "negative_prompt": None,
        "steps": 4, "guidance": 4, "seed": None, "scheduler": "",
    }  # fmt: skip
    return list({**values, **changed}.values())

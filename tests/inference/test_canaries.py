"""Secrets go to a real process that draws, at the level debug, and are looked for in its log and its metrics.

Nobody but the studio reaches it, and the studio sends it prompts alone; the rest is for the day when somebody does.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from inference.app import create_app
from inference.catalog import Catalog
from inference.client import HttpInferenceClient
from inference.embedded import EmbeddedInference
from inference.engine import Engine
from tests.fixtures.inference import asking, heard

pytestmark = [pytest.mark.anyio, pytest.mark.heavy, pytest.mark.timeout(400)]
PATIENCE_S = 150.0
PROMPT = "a canary in a red dress"
SECRETS = {
    "key": f"atl_{'0' * 26}_{secrets.token_hex(20)}",
    "session": secrets.token_urlsafe(32),
    "webhook": f"whsec_{secrets.token_urlsafe(24)}",
}
EVERYTHING = {**SECRETS, "prompt": PROMPT}
HEADERS = (
    "authorization",
    "cookie",
    "user-agent",
    "x-request-id",
    "idempotency-key",
    "last-event-id",
    "accept",
)
JSON_TYPE = {"content-type": "application/json"}
# What a child of ours may come to say by itself, in each way that Python has.
CARELESS = f"""
import logging, sys, threading, warnings
from inference.logs import configure_logging
configure_logging()
said = "key {SECRETS["key"]}, prompt={PROMPT!r}, Authorization: Bearer {SECRETS["session"]}"
logging.getLogger("inference.any").debug("began")
logging.getLogger("transformers").error(said)
warnings.warn(said)
thread = threading.Thread(target=lambda: int(said))
thread.start(); thread.join()
class Dropped:
    def __del__(self): int(said)
Dropped()
raise ValueError(said)
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def found_in(told: str) -> list[str]:
    return [name for name, secret in EVERYTHING.items() if secret in told]


def requests() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every route with every secret in its path, its query, its headers and its body."""
    for context in iter_route_contexts(create_app(Engine(Catalog.read())).routes):
        for method in context.methods or ():
            for given in ways():
                yield method, _filled(str(context.path), "nobodys"), given
            for secret in EVERYTHING.values():
                yield method, _filled(str(context.path), quote(secret, safe="")), {}
                yield method, f"/{quote(secret, safe='')}", {}


def ways() -> tuple[dict[str, Any], ...]:
    everything = json.dumps(EVERYTHING)
    return (
        {"params": EVERYTHING},
        {"headers": dict.fromkeys(HEADERS, everything)},
        *({"headers": {"idempotency-key": secret}} for secret in SECRETS.values()),
        {"json": EVERYTHING},
        {"json": {"parameters": EVERYTHING}},
        {"json": {"prompt": PROMPT, "scheduler": SECRETS["session"], "width": SECRETS["key"]}},
        {"json": {"parameters": {"prompt": PROMPT, "model": SECRETS["session"]}}},
        {"json": {"id": SECRETS["key"], "parameters": {"prompt": PROMPT, "num_images": PROMPT}}},
        {"content": f"{everything}}}", "headers": JSON_TYPE},
        {"content": everything, "headers": {"content-type": "text/plain"}},
    )


def _filled(pattern: str, put: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda _: put, pattern)


async def until_ready(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await http.get("/readyz")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def draw(url: str) -> None:
    """Draw as the studio does, to the end, and once with an id that is a secret."""
    client = HttpInferenceClient(url)
    size = {"width": 64, "height": 64, "num_inference_steps": 2}
    try:
        events = await heard(client, asking(prompt=PROMPT, negative_prompt=PROMPT, **size))
        assert events[-1].type == "done"
        request = asking(prompt=PROMPT, **size).model_copy(update={"id": SECRETS["session"]})
        assert (await heard(client, request))[-1].type == "done"
    finally:
        await client.aclose()


def send_nonsense(url: str) -> None:
    """Send what is no HTTP, and what stops half-way."""
    where = urlsplit(url)
    for said in (
        f"{json.dumps(EVERYTHING)}\r\n\r\n",
        f"GET /{PROMPT} HTTP/1.1\r\nkey: {SECRETS['key']}\r\n\r\n",
        f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{json.dumps(EVERYTHING)}",
    ):
        with socket.create_connection((str(where.hostname), int(where.port or 0))) as connection:
            connection.sendall(said.encode())


async def test_none_is_found_in_what_a_child_tells(
    tmp_path: Path, tiny_models_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATELIER_MODELS", str(tiny_models_file))
    monkeypatch.setenv("ATELIER_LOG_LEVEL", "debug")
    child = EmbeddedInference("uvicorn", tmp_path)
    url = await child.start()
    try:
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
            await until_ready(http)
            await draw(url)
            answered = [
                (await http.request(method, path, **given)).status_code
                for method, path, given in requests()
            ]
            send_nonsense(url)
            metrics = (await http.get("/metrics")).text
    finally:
        await child.stop()
    told = child.log_file.read_text()
    assert len(answered) > 100
    assert "drawing on" in told
    assert "Invalid HTTP request" in told
    assert "atelier_inference_generations_total" in metrics
    assert found_in(told) == []
    assert found_in(metrics) == []


def test_whatever_a_child_says_by_itself_is_redacted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CARELESS],
        env={"ATELIER_LOG_LEVEL": "debug"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert "DEBUG   inference.any began" in done.stderr
    assert done.stderr.count("[redacted]") >= 5 * 3
    assert found_in(done.stdout + done.stderr) == []

"""The child process: comes up, is replaced when it dies, ends when told and when its parent dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from inference.client import HttpInferenceClient
from inference.embedded import EmbeddedInference
from inference.protocol import Unavailable
from tests.fixtures.inference import asking, running_server

pytestmark = [pytest.mark.anyio, pytest.mark.heavy, pytest.mark.timeout(400)]
PATIENCE = 150.0  # a bound on hanging, not a wait: loading takes 10 s on an idle machine


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch, tiny_models_file: Path) -> None:
    monkeypatch.setenv("ATELIER_MODELS", str(tiny_models_file))


@asynccontextmanager
async def started(data_dir: Path) -> AsyncIterator[EmbeddedInference]:
    process = EmbeddedInference("uvicorn", data_dir)
    try:
        await process.start()
        yield process
    finally:
        await process.stop()


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped by its dead parent's heir does not."""
    status = Path(f"/proc/{pid}/status")
    with contextlib.suppress(OSError):
        return "State:\tZ" not in status.read_text()
    return False


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - another process's end rings no bell here
            await asyncio.sleep(0.02)


class TestStart:
    async def test_answers_before_its_model_is_loaded(self, tmp_path: Path) -> None:
        async with started(tmp_path) as process, httpx2.AsyncClient(trust_env=False) as http:
            url = await process.url()
            assert (await http.get(f"{url}/healthz")).status_code == 200
            assert (await http.get(f"{url}/readyz")).status_code == 503

    async def test_twice_is_once(self, tmp_path: Path) -> None:
        async with started(tmp_path) as process:
            pid = process.pid
            assert await process.start() == await process.url()
            assert process.pid == pid

    async def test_what_cannot_start_is_told_with_its_last_words(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_MODELS", str(tmp_path / "nowhere.toml"))
        process = EmbeddedInference("uvicorn", tmp_path)
        with pytest.raises(Unavailable, match=r"does not start: .*no models file at"):
            await process.start()
        await process.stop()


class TestSupervision:
    async def test_a_child_that_dies_is_replaced(self, tmp_path: Path) -> None:
        async with started(tmp_path) as process, httpx2.AsyncClient(trust_env=False) as http:
            first = process.pid
            assert first
            os.kill(first, signal.SIGKILL)
            await eventually(lambda: process.pid not in {first, None})
            assert (await http.get(f"{await process.url()}/healthz")).status_code == 200


class TestStop:
    async def test_ends_the_child_within_five_seconds(self, tmp_path: Path) -> None:
        async with started(tmp_path) as process:
            pid = process.pid
            assert pid
            began = time.monotonic()
            await process.stop()
            assert time.monotonic() - began < 5
            assert not alive(pid)

    async def test_can_be_started_again(self, tmp_path: Path) -> None:
        async with started(tmp_path) as process:
            await process.stop()
            assert await process.start()


class TestParent:
    async def test_a_child_does_not_outlive_a_parent_that_was_killed(self, tmp_path: Path) -> None:
        code = (
            "import asyncio, pathlib, sys; from inference.embedded import EmbeddedInference\n"
            "async def main():\n"
            f"    e = EmbeddedInference('uvicorn', pathlib.Path({str(tmp_path)!r}))\n"
            "    await e.start(); print(e.pid, flush=True); await asyncio.sleep(600)\n"
            "asyncio.run(main())"
        )
        async with running([sys.executable, "-c", code]) as (parent, line):
            child = int(line)
            assert alive(child)
            parent.kill()
            await eventually(lambda: not alive(child))


class TestMain:
    async def test_sigterm_lets_running_work_finish(self, tiny_models_file: Path) -> None:
        with running_server("inference", tiny_models_file, PATIENCE) as (url, pid):
            asked = {"prompt": "x", "width": 128, "height": 128, "num_inference_steps": 30}
            async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
                answer = asyncio.create_task(http.post(f"{url}/predict", json=asked))
                await until_running(http, url, 1)
                os.kill(pid, signal.SIGTERM)
                assert (await answer).status_code == 200

    async def test_work_whose_caller_left_stops_after_the_grace(
        self, tiny_models_file: Path
    ) -> None:
        with running_server("inference", tiny_models_file, PATIENCE, "--grace=0.2") as (url, _):
            client = HttpInferenceClient(url)
            follower = client.generate(
                asking(width=256, height=256, num_inference_steps=100, num_images=8)
            )
            assert (await anext(follower)).type == "queued"
            async with httpx2.AsyncClient(trust_env=False) as http:
                await until_running(http, url, 1)
                await client.aclose()
                await until_running(http, url, 0)
                told = (await http.get(f"{url}/metrics")).text
        assert 'atelier_inference_generations_total{outcome="canceled"} 1.0' in told

    async def test_without_a_parent_pipe_it_does_not_mind_its_input(self) -> None:
        command = [sys.executable, "-m", "inference", "--port=0"]
        async with running(command) as (process, line):
            url = json.loads(line)["url"]
            async with httpx2.AsyncClient(trust_env=False) as http:
                assert (await http.get(f"{url}/healthz")).status_code == 200
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0


@asynccontextmanager
async def running(command: list[str]) -> AsyncIterator[tuple[Process, bytes]]:
    """A process without input and the first line it says; killed on the way out."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        yield process, await process.stdout.readline()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_running(http: httpx2.AsyncClient, url: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await http.get(f"{url}/readyz")).json()["running"] != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

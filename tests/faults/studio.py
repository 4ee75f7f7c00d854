"""A whole backend in a process of its own, to be stopped, killed or put to sleep: `python -m … PART`.

It draws by the script, at a pace that is asked for, or where it is told to, and prints a JSON line with its address once it
listens, and one for each generation that it settled. Beside `tests.faults.api` it is one that draws.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
from fastapi import FastAPI

from backend.kit import clock
from tests.faults.warm import Process, WarmProcess

ROOT = Path(__file__).parents[2]
MODULE = "tests.faults.studio"
PATIENCE_S = 180.0  # with pages, of which several start on two cores that others use
GONE = {"gone": True}


@dataclass(frozen=True)
class Part:
    """What one process of a studio is to be like; it draws by the script unless a setting says where."""

    database_url: str
    folder: str
    settings: dict[str, Any] = field(default_factory=dict)
    step_s: float = 0.0
    wrong_by_s: float = 0.0
    """How far the clocks that Python reads in it are ahead."""
    beats: bool = True
    """Whether it renews its leases."""
    quiet: bool = False
    """Whether what it logs is thrown away."""
    port: int = 0
    """Where it listens; 0 is a free one."""
    public_url: str = ""
    """Where browsers find it, if not there."""
    pages: bool = False
    """Whether it has the pages, too."""
    newer: bool = False
    """Whether it is of the next version."""


class Studio:
    """A running process and what it says."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.url = str(self.hear("url"))

    @property
    def pid(self) -> int:
        return self.process.pid

    def client(self, key: str) -> httpx2.Client:
        return client_of(self.url, key)

    def hear(self, name: str, **wanted: Any) -> Any:
        """Return `name` of the next line that has it and says what is wanted beside.

        Raises:
            ProcessLookupError: The process has ended and said everything.
        """
        while True:
            said = self._said.get(timeout=PATIENCE_S)
            if said == GONE:
                raise ProcessLookupError("it has ended")
            if name in said and said.items() >= wanted.items():
                return said[name]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait(10) == -signal.SIGKILL

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))
        self._said.put(GONE)


def client_of(url: str, key: str, *, timeout_s: float = 30) -> httpx2.Client:
    """Return a client of whoever has `key`, open."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=url, headers=headers, timeout=timeout_s, trust_env=False)


def submit(client: httpx2.Client, **asked: Any) -> str:
    """Have it accepted; return its id."""
    answer = client.post("/api/v1/generations", json={"prompt": "a red dress", **asked})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@contextmanager
def running_studio(part: Part) -> Iterator[Studio]:
    """Run it for as long as the block lasts."""
    with starting(part) as process:
        yield Studio(process)


@contextmanager
def running_studios(*parts: Part) -> Iterator[list[Studio]]:
    """Start all of them at the same time, and run them for as long as the block lasts."""
    with ExitStack() as opened:
        processes = [opened.enter_context(starting(part)) for part in parts]
        yield [Studio(process) for process in processes]


@contextmanager
def starting(part: Part) -> Iterator[Process]:
    words = json.dumps(asdict(part))
    with (
        cold(words) if part.wrong_by_s else WarmProcess(MODULE, words, quiet=part.quiet) as process
    ):
        try:
            yield process
        finally:
            process.kill()


def cold(words: str) -> subprocess.Popen[str]:
    """Start one that has not imported any clock yet."""
    command = [sys.executable, "-m", MODULE, words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def main(words: str) -> None:
    """Serve until stopped."""
    part = Part(**json.loads(words))
    with ExitStack() as odd:
        if part.wrong_by_s:
            _be_wrong(part.wrong_by_s, odd)
        if part.newer:
            from tests.faults.next_version import become

            become()
        # Only now: whoever imports a clock by name is to find the wrong one.
        from backend.dispatch import execution
        from backend.dispatch.settlement import settle

        def settle_and_say(context: Any, lease: Any, outcome: Any) -> Any:
            came = settle(context, lease, outcome)
            _say(settled=lease.id, fence=lease.fence, outcome=type(came).__name__)
            return came

        odd.enter_context(patch.object(execution, "settle", settle_and_say))
        if not part.beats:
            odd.enter_context(patch.object(execution, "BEATS_PER_LEASE", 1e-6))
        _serve(part)


def _serve(part: Part) -> None:
    import uvicorn

    from backend.cli import STOP_WITHIN_S
    from backend.kit.doors import PatientServer
    from backend.kit.impatience import ImpatientProtocol
    from backend.kit.settings import Settings

    listening = socket.create_server(("127.0.0.1", part.port), backlog=2048)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        data_dir=Path(part.folder),
        database_url=part.database_url,
        public_url=part.public_url or url,
        # One key floods it here, which no rate limit would let it do.
        **{"webhook_concurrency": 0, "rate_changes": 0, "rate_reads": 0, **part.settings},
    )
    scripted = "inference_url" not in part.settings
    app = _maker(part)(settings, inference=_paced(part.step_s) if scripted else None)
    config = uvicorn.Config(
        app, http=ImpatientProtocol, log_config=None, timeout_graceful_shutdown=STOP_WITHIN_S
    )
    # It logs a long traceback for every connection that it gives up on.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server = PatientServer(config)
    threading.Thread(target=_say_where, args=(server, url), daemon=True).start()
    server.run(sockets=[listening])


def _maker(part: Part) -> Callable[..., FastAPI]:
    if not part.pages:
        from backend.app import create_app

        return create_app
    from webui.server import create_studio

    return create_studio


def _paced(step_s: float) -> Any:
    """Return scripted inference whose every step takes so long, and which poison kills at the last."""
    from inference.protocol import GenerationEvent, GenerationRequest, Progress
    from tests.fixtures.scripted import ScriptedInference

    class Paced(ScriptedInference):
        async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
            try:
                async for event in super().generate(request):
                    yield event
                    if isinstance(event, Progress):
                        await asyncio.sleep(step_s)
                        if event.step == event.total and "poison" in request.parameters.prompt:
                            os.kill(os.getpid(), signal.SIGKILL)
            finally:
                # The script remembers everything; a process that is watched for leaks must not.
                self._running.pop(request.id, None)
                self.asked.clear()

    return Paced()


def _be_wrong(seconds: float, odd: ExitStack) -> None:
    """Put the clocks of this process ahead by `seconds`."""
    right, ahead = time.time, timedelta(seconds=seconds)
    odd.enter_context(patch.object(time, "time", lambda: right() + seconds))
    odd.enter_context(patch.object(clock, "utc_now", lambda: datetime.now(UTC) + ahead))


def _say_where(server: Any, url: str) -> None:
    while not server.started:
        time.sleep(0.02)
    _say(url=url)


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])

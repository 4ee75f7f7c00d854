"""An API process to be killed: `python -m tests.faults.api DATABASE_URL FOLDER DISPATCHERS`, then its address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import uvicorn

from backend.app import create_app
from backend.kit.impatience import ImpatientProtocol
from backend.kit.settings import Settings
from tests.fixtures.scripted import ScriptedInference

PATIENCE_S = 60.0
ROOT = Path(__file__).parents[2]


class Api:
    """A running API process and where it listens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()

    def wait_until_up(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx2.get(f"{self.url}/healthz", trust_env=False, timeout=5).raise_for_status()
            except httpx2.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait(10) == -signal.SIGKILL


@contextmanager
def running_api(database_url: str, folder: Path, *, dispatch: int = 0) -> Iterator[Api]:
    """Serve the studio's API on a database for as long as the block lasts, drawing by a script."""
    command = [sys.executable, "-m", "tests.faults.api", database_url, str(folder), str(dispatch)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield Api(process)
        finally:
            process.kill()


def main(database_url: str, folder: str, dispatch: str) -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        data_dir=Path(folder),
        database_url=database_url,
        public_url=url,
        dispatch_concurrency=int(dispatch),
    )
    app = create_app(settings, inference=ScriptedInference())
    config = uvicorn.Config(
        app, http=ImpatientProtocol, log_config=None, timeout_graceful_shutdown=5
    )
    print(url, flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])

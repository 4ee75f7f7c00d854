"""An API process to be killed: `python -m tests.faults.api DATABASE_URL FOLDER DISPATCHERS`, then its address."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import uvicorn

from backend.app import create_app
from backend.kit.impatience import ImpatientProtocol
from backend.kit.settings import Settings
from tests.faults.studio import client_of
from tests.faults.warm import Process, WarmProcess
from tests.fixtures.scripted import ScriptedInference

PATIENCE_S = 60.0
ROOT = Path(__file__).parents[2]
MODULE = "tests.faults.api"


class Api:
    """A running API process and where it listens."""

    def __init__(self, process: Process) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def client(self, key: str, *, timeout_s: float = 30) -> httpx2.Client:
        return client_of(self.url, key, timeout_s=timeout_s)

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
def running_api(
    database_url: str, folder: Path, *, dispatch: int = 0, entering: Sequence[str] = ()
) -> Iterator[Api]:
    """Serve the studio's API on a database for as long as the block lasts, drawing by a script.

    `entering` is a command that runs another one somewhere else, such as `SmallDisk.entering`.
    """
    words = (database_url, str(folder), str(dispatch))
    with elsewhere(entering, words) if entering else WarmProcess(MODULE, *words) as process:
        try:
            yield Api(process)
        finally:
            process.kill()


def elsewhere(entering: Sequence[str], words: Sequence[str]) -> subprocess.Popen[str]:
    command = [*entering, sys.executable, "-u", "-m", MODULE, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def main(database_url: str, folder: str, dispatch: str) -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        data_dir=Path(folder),
        database_url=database_url,
        public_url=url,
        dispatch_concurrency=int(dispatch),
        rate_changes=0,
    )
    app = create_app(settings, inference=ScriptedInference())
    config = uvicorn.Config(
        app, http=ImpatientProtocol, log_config=None, timeout_graceful_shutdown=5
    )
    print(url, flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Starts a studio as a person would, `atelier up`, and lets it be asked for images over HTTP.

Everything stays on 127.0.0.1, in a folder of its own, and is stopped by the id it was started with.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from inference.hosting import free_port

READY_WITHIN_S = 180.0
STOP_WITHIN_S = 20.0


@dataclass(frozen=True)
class Studio:
    """A running studio: where it is, a designer's key, how long it took to be ready (seconds)."""

    url: str
    key: str
    ready_after_s: float
    process: subprocess.Popen[bytes]

    def client(self) -> httpx2.Client:
        """Return a client that speaks as the designer."""
        return httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=120
        )


@contextmanager
def running_studio(folder: Path, *arguments: str, errors: Path | None = None) -> Iterator[Studio]:
    """Run `atelier up` with its data in `folder` for as long as the context lasts; what it logs goes to `errors`."""
    port = free_port()
    unlimited = {"ATELIER_RATE_CHANGES": "0", "ATELIER_RATE_READS": "0"}  # one key loads it all
    environment = {
        **os.environ,
        **unlimited,
        "ATELIER_DATA_DIR": str(folder),
        "ATELIER_PORT": str(port),
    }
    since = time.monotonic()
    said = folder / "studio.log"
    with said.open("wb") as log, (errors or said).open("ab") as logged:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "backend", "up", "--no-browser", *arguments],
            env=environment, stdout=log, stderr=logged,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process)
        ready_after = time.monotonic() - since
        yield Studio(url, _designer_key(environment), ready_after, process)
    finally:
        _stop(process)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the studio ended with {process.returncode}; see its studio.log")
        try:
            if httpx2.get(f"{url}/readyz", timeout=2).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"the studio was not ready after {READY_WITHIN_S:.0f} s")


def _designer_key(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "backend", "create-key", "--email", "load@example.com"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--role", "designer"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

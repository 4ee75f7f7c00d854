"""Providers that we did not write, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

READY_WITHIN_S = 60


@contextmanager
def running(
    command: Sequence[str], url: str, folder: Path, *, cwd: Path | None = None
) -> Iterator[None]:
    """Run a provider for as long as the block lasts, once `url` tells how to use it."""
    log = folder / "log"
    environment = {**os.environ, "NO_COLOR": "1"}
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=cwd
        )
    try:
        _wait_for(f"{url}/.well-known/openid-configuration", process, log)
        yield
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx2.get(url, timeout=2).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the provider did not start:\n{log.read_text()}")

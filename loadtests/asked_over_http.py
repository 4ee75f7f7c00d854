"""What the measurements of single questions share: each database in turn, a studio on it, a client that asks over HTTP."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from backend.app import create_app
from backend.kit.settings import Settings
from loadtests.machine import describe
from loadtests.queue_rate import opened
from tests.fixtures.app import QUIET, UNLIMITED, serve
from tests.fixtures.scripted import ScriptedInference

PATIENCE_S = 60.0


def measure_each(about: str, measure: Callable[[str, str, Path], Iterator[str]]) -> None:
    """Print what `measure(name, url, folder)` yields for each database that the command names, or for both."""
    sys.stdout.write(f"{describe()}, {about}\n")
    with tempfile.TemporaryDirectory(prefix="asked-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as somebody else
        for name in sys.argv[1:] or ["sqlite", "postgresql"]:
            with opened(name, Path(folder)) as url:
                for line in measure(name, url, Path(folder) / name):
                    sys.stdout.write(line)
                    sys.stdout.flush()


@contextmanager
def asking(url: str, folder: Path, key: str) -> Iterator[httpx.Client]:
    """Serve a studio on the database at `url`, and let somebody with `key` ask it."""
    settings = {"data_dir": folder, "database_url": url, **QUIET, **UNLIMITED}

    def build(port: int) -> Any:  # noqa: ANN401
        return create_app(Settings(port=port, **settings), inference=ScriptedInference())

    headers = {"Authorization": f"Bearer {key}"}
    with (
        serve(build) as address,
        httpx.Client(base_url=address, headers=headers, timeout=PATIENCE_S) as client,
    ):
        yield client

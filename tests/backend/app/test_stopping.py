"""A process that is asked to stop tells its open streams, so that it need not wait for them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from backend import migrations
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.fixtures.actors import add_key, add_user

SERVE = """
import sys, uvicorn
from pathlib import Path
from backend.app import create_app
from backend.kit.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]), inference_url="http://127.0.0.1:9")
uvicorn.run(create_app(settings), port=0, timeout_graceful_shutdown=20, log_level="info")
"""


def address_of(process: subprocess.Popen[str]) -> str:
    """Read the server's log until it says where it listens."""
    assert process.stderr is not None
    for line in process.stderr:
        if "running on" in line:
            return line.partition("running on ")[2].split()[0]
    raise AssertionError("the server did not start")


@pytest.mark.serial
@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_end_at_once(tmp_path: Path, asked_by: signal.Signals) -> None:
    settings = Settings(data_dir=tmp_path)
    migrations.upgrade(settings.resolved_database_url)
    database = Database(settings.resolved_database_url)
    key = add_key(database, add_user(database))
    database.dispose()
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as process:
        headers = {"authorization": f"Bearer {key}"}
        with (
            httpx2.Client(base_url=address_of(process), headers=headers, timeout=30) as client,
            client.stream("GET", "/api/v1/events") as stream,
        ):
            events = iter(httpx2.EventSource(stream))
            assert next(events).event == "snapshot"
            process.send_signal(asked_by)
            began = time.monotonic()
            assert list(events) == []
        process.wait(10)
        assert time.monotonic() - began < 5

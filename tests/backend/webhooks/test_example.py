"""The receiver in docs/webhooks.md, run as it stands there, takes what a studio sends and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.kit.settings import Settings
from inference.hosting import free_port
from tests.fixtures.app import open_studio
from tests.fixtures.scripted import TWO_AT_A_TIME, ScriptedInference

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"


def example() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(code)


@contextmanager
def receiving(folder: Path, secret: str, port: int) -> Iterator[Any]:
    program = folder / "receiver.py"
    program.write_text(example())
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, str(program)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout
    finally:
        process.kill()
        process.communicate()


def test_the_example_is_told_of_a_finished_generation(tmp_path: Path, sqlite_url: str) -> None:
    settings = Settings(
        data_dir=tmp_path / "var",
        database_url=sqlite_url,
        webhook_allow_loopback=True,
        **TWO_AT_A_TIME,
    )
    port = free_port()
    with open_studio(settings, ScriptedInference()) as studio:
        dana = studio.actors.browser("designer")
        hook = dana.post("/api/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/"}).json()
        with receiving(tmp_path, hook["secret"], port) as told:
            # Down while Python starts: the attempts after the first one find it.
            drawn = studio.draw(dana)
            assert told.readline().split() == ["generation.succeeded", drawn["id"]]
            refused = forge(port)
        assert refused == 400


def forge(port: int) -> int:
    headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}", headers)
    try:
        urllib.request.urlopen(request, timeout=5)
    except urllib.error.HTTPError as error:
        return error.code
    return 200

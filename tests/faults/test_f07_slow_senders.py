"""F7: three hundred connections that dribble a byte a second hurt nobody, and are closed in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from statistics import quantiles
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from backend.app import create_app
from backend.kit.impatience import PATIENCE_S
from backend.kit.settings import Settings
from tests.fixtures.app import serve
from tests.fixtures.scripted import ScriptedInference
from tests.fixtures.telling import Tell

SOCKETS, ASKED = 300, 100
HEALTHY_P95_S = 0.2
CLOSED_WITHIN_S = 1.5 * PATIENCE_S
HEAD = b"POST /api/v1/generations HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
DRIBBLES = (
    b"GET /healthz HTTP/1.1\r\nHost: ",  # never ends its headers
    HEAD + b"Content-Length: 100000\r\n\r\n{",  # never ends its body
    b"",  # says nothing
)
pytestmark = [pytest.mark.faults]


@pytest.fixture
def url(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("var")

    def build(port: int) -> FastAPI:
        settings = Settings(port=port, data_dir=folder, database_url=sqlite_url)
        return create_app(settings, inference=ScriptedInference())

    with serve(build) as address:
        yield address


async def _dribble(host: str, port: int, begin: bytes) -> float:
    """Send a byte a second until the connection is closed; return how long that took."""
    reader, writer = await asyncio.open_connection(host, port)
    since = time.monotonic()
    writer.write(begin)
    closed = asyncio.create_task(reader.read())
    try:
        while not closed.done() and time.monotonic() - since < CLOSED_WITHIN_S:
            if begin:
                writer.write(b"x")
            await asyncio.wait([closed], timeout=1)
    except OSError:
        pass
    taken = time.monotonic() - since
    writer.close()
    return taken


async def _healthy(url: str) -> list[float]:
    """Ask for the health again and again; return how long each answer took."""
    taken = []
    async with httpx2.AsyncClient(trust_env=False) as client:
        for _ in range(ASKED):
            since = time.monotonic()
            assert (await client.get(f"{url}/healthz")).status_code == 200
            taken.append(time.monotonic() - since)
            await asyncio.sleep(0.05)
    return taken


def test_slow_senders_hurt_nobody(url: str, tell: Tell) -> None:
    at = urlsplit(url)

    async def scenario() -> tuple[list[float], list[float]]:
        dribbling = [
            asyncio.create_task(_dribble(str(at.hostname), at.port or 80, DRIBBLES[k % 3]))
            for k in range(SOCKETS)
        ]
        await asyncio.sleep(0.5)
        answers = await _healthy(url)
        return answers, await asyncio.gather(*dribbling)

    answers, closed = asyncio.run(scenario())
    p95 = quantiles(answers, n=20)[-1]
    late = Counter(taken >= CLOSED_WITHIN_S for taken in closed)[True]
    told: dict[str, object] = {
        "fault": "F7",
        "sockets": SOCKETS,
        "healthz_p95_ms": round(1000 * p95, 1),
    }
    told |= {"closed_after_s": round(max(closed), 1), "left_open": late}
    tell(told)
    assert p95 <= HEALTHY_P95_S
    assert late == 0
    assert httpx2.get(f"{url}/healthz", trust_env=False).status_code == 200

"""A server that stops serves whoever has come by then, and tells everybody not to come again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
import uvloop

from backend.kit.doors import PatientServer
from backend.kit.impatience import ImpatientProtocol
from tests.fixtures.app import Studio

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [
    asyncio.new_event_loop,
    uvloop.new_event_loop,
]
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def asked_while_it_closes(kind: type[uvicorn.Server]) -> bytes:
    """Return what somebody hears whom the kernel has accepted and the process has not."""
    config = uvicorn.Config(app, http=ImpatientProtocol, lifespan="off", log_config=None)
    config.load()
    server = kind(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        with socket.create_connection(listening.getsockname(), timeout=5) as client:
            client.sendall(REQUEST)
            await server.shutdown(sockets=[listening])
            return client.recv(1000)


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_who_stands_at_the_door_is_served(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(asked_while_it_closes(PatientServer)).startswith(b"HTTP/1.1 204")
        with pytest.raises(ConnectionResetError):  # or the test would show nothing
            runner.run(asked_while_it_closes(uvicorn.Server))


def test_who_is_served_while_it_stops_is_told_not_to_come_again(studio: Studio) -> None:
    client = studio.actors.program("designer")
    assert "connection" not in client.get("/api/v1/me").headers
    studio.context.stopping.set()
    assert client.get("/api/v1/me").headers["connection"] == "close"

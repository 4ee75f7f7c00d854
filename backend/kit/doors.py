"""Closes a server's doors without shutting out who has come in already, so that no proxy sees a broken answer.

A listening socket that is closed takes with it every connection that the kernel has accepted and the process has
not: their requests are sent and never read, and a proxy must not send a POST again. So what waits there is let in
first. Nor is a connection closed before it could say anything; `Farewell` has told its owner not to come again.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LAST_WORDS_S: Final = 0.5
"""For how long a connection that is open may still begin a request once nobody new is let in."""


class PatientServer(uvicorn.Server):
    """uvicorn's own server with another way to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who waits at the doors, close them, hear what open connections still ask, and end as uvicorn does."""
        for waiting in list(self._closed_doors(sockets or [])):
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, waiting)
        if not self.force_exit:
            await asyncio.sleep(LAST_WORDS_S)
        await super().shutdown(sockets)

    def _closed_doors(self, given: list[socket.socket]) -> Iterator[socket.socket]:
        """Close what listens; yield every connection that had come by then."""
        # Copies: the loop lets go of its own, and the kernel goes on listening until the last one is closed.
        listening = [
            socket.socket(fileno=os.dup(door.fileno()))
            for server in self.servers
            for door in server.sockets
        ]
        for server in self.servers:
            server.close()
        for door in given:
            door.close()
        for door in listening:
            door.setblocking(False)
            yield from _who_waits(door)
            door.close()

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


def _who_waits(door: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            connection, _ = door.accept()
        except BlockingIOError:
            return
        except ConnectionAbortedError:
            continue
        connection.setblocking(False)
        yield connection


class Farewell:
    """Has every answer of a process that was asked to stop say that its connection is the last."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on; add `Connection: close` to the answer, if it is time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_and_part(message: Message) -> None:
            context = getattr(scope["app"].state, "context", None)
            if message["type"] == "http.response.start" and context and context.stopping.is_set():
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, receive, send_and_part)

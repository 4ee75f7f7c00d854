"""Closes connections that send a request too slowly, so that a few hundred dribblers cost sockets and no more.

uvicorn waits for ever for the rest of a request. Here a request has to arrive at `least` bytes a second, judged
every `patience` seconds, from the moment the connection is made; an answer that streams for hours and an idle
connection kept alive (uvicorn's own timeout) are left alone.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_S = 10.0
LEAST_BYTES_PER_S = 500.0


class ImpatientProtocol(HttpToolsProtocol):
    """uvicorn's own protocol with a watch on what is still to come. For `uvicorn.Config(http=…)`."""

    patience: ClassVar[float] = PATIENCE_S
    least: ClassVar[float] = LEAST_BYTES_PER_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._watch: asyncio.TimerHandle | None = None
        self._arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch: a connection that says nothing is as slow as can be."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives."""
        self._arrived += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Watch the next request of a connection that was kept alive."""
        self._begin()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The request is here; what follows is ours to do."""
        self._end()
        super().on_message_complete()

    def _begin(self) -> None:
        self._end()
        self._arrived = 0
        self._watch = self.loop.call_later(self.patience, self._judge)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _judge(self) -> None:
        slow = self._arrived < self.least * self.patience
        if slow and not self.flow.read_paused:  # paused: it is we who do not read
            self.transport.close()
            return
        self._begin()

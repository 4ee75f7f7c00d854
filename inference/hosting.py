"""Runs an engine and its app under uvicorn in this process: listen first, load meanwhile, drain last."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from inference import tracing
from inference.app import create_app
from inference.catalog import Catalog
from inference.engine import Engine
from inference.options import EngineOptions
from inference.protocol import InferenceError

_STREAMS_SECONDS = 2
_WATCH_SECONDS = 5.0
logger = logging.getLogger(__name__)


def serve(
    options: EngineOptions, *, host: str, port: int, drain_seconds: float, parent_pipe: bool
) -> int:
    """Serve until a signal, or the parent's end, says stop. Returns the exit status."""
    tracing.start("atelier-inference")
    engine = Engine(Catalog.read(), options).start()
    listener = socket.create_server((host, port))
    server = _Server(engine, drain_seconds)
    announce(address(*listener.getsockname()[:2]))
    if parent_pipe:
        when_input_closes(server.leave_now)
    watcher = Watcher(engine.raise_if_stuck, server.leave_now)
    server.run(sockets=[listener])
    status = watcher.stop()
    engine.stop(timeout=_STREAMS_SECONDS)
    _exit(engine, status)
    return status


class Watcher:
    """Calls `check` every few seconds, and `leave` once it raises: whoever keeps us then starts another."""

    def __init__(
        self,
        check: Callable[[], None],
        leave: Callable[[], None],
        *,
        period_s: float = _WATCH_SECONDS,
    ) -> None:
        self._check, self._leave, self._period_s = check, leave, period_s
        self._stopped = threading.Event()
        self._status = 0
        self._thread = threading.Thread(target=self._run, name="atelier-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop watching, and return the exit status: 1 if something was wrong."""
        self._stopped.set()
        return self._status

    def _run(self) -> None:
        while not self._stopped.wait(self._period_s):
            try:
                self._check()
            except InferenceError:
                logger.exception("the engine has stopped moving; this process ends")
                self._status = 1
                self._leave()
                return


def free_port() -> int:
    """Return a port of loopback that was free a moment ago, for servers that cannot be given a socket."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def address(host: str, port: int) -> str:
    """Return the base URL of a server that listens there."""
    return f"http://{host}:{port}"


def announce(*addresses: str) -> None:
    """Print where this process answers as one JSON line, for whoever started it.

    Several addresses, one an application, stand in it as `connect` reads them: with commas between.
    """
    print(json.dumps({"url": ",".join(addresses)}), flush=True)  # noqa: T201 - the interface


def when_input_closes(leave: Callable[[], None]) -> None:
    """Call `leave` from a thread of its own once standard input ends."""

    def watch() -> None:
        # Not through `sys.stdin`: its lock, held by this thread, would break an ordinary exit.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        leave()

    threading.Thread(target=watch, name="atelier-parent-pipe", daemon=True).start()


class _Server(uvicorn.Server):
    """uvicorn, draining the engine before it closes connections; streams then end by themselves."""

    def __init__(self, engine: Engine, drain_seconds: float) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(engine),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=_STREAMS_SECONDS,
            )
        )
        self._engine = engine
        self._drain_seconds = drain_seconds
        self._leaving = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        if self._leaving:
            self.leave_now()  # asked twice: somebody is in a hurry
            return
        self._leaving = True
        threading.Thread(target=self._leave, args=[self._drain_seconds], daemon=True).start()

    def leave_now(self) -> None:
        self._leave(0)

    def _leave(self, patience: float) -> None:
        self._engine.drain(patience)
        self.should_exit = True


def _exit(engine: Engine, status: int) -> None:
    """Leave at once if the engine is still inside a long step: nothing of it is wanted any more."""
    if engine.alive:
        tracing.stop()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

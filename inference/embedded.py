"""An inference server as a child process: started, watched over, started again, ended.

The child tells its address as one JSON line and ends by itself when its standard input closes, so
that it cannot outlive this process, however this one dies. Imports no torch.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from inference.protocol import Unavailable

Kind = Literal["uvicorn", "ray"]
KINDS: dict[str, Kind] = {"embedded": "uvicorn", "ray": "ray"}
_MODULES = {"uvicorn": "inference", "ray": "inference.serve_app"}
_START_SECONDS = {"uvicorn": 30.0, "ray": 180.0}
_STOP_SECONDS = 4.0
_KILL_SECONDS = 1.0
_BACKOFF = (0.2, 1.0, 3.0, 10.0, 30.0)
_STEADY_SECONDS = 60.0
logger = logging.getLogger(__name__)


class EmbeddedInference:
    """One child process of the given kind, replaced when it dies. Use from one event loop."""

    def __init__(self, kind: Kind, data_dir: Path, *, arguments: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.log_file = data_dir / f"inference-{kind}.log"
        self._arguments = arguments
        self._url: asyncio.Future[str] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> str:
        """Start the child, if it has not been, and return its base URL once it listens.

        Raises:
            Unavailable: It did not come up; the text ends with the last lines of its log.
        """
        if self._keeper is None:
            self._url = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(), name=f"inference-{self.kind}")
        return await self.url()

    async def url(self) -> str:
        """Return where the child listens now, waiting while it is being (re)started.

        Raises:
            Unavailable: It does not come up.
        """
        if self._keeper is None:
            return await self.start()
        assert self._url is not None  # noqa: S101 - set with the keeper
        try:
            async with asyncio.timeout(_START_SECONDS[self.kind]):
                return await asyncio.shield(self._url)
        except TimeoutError:
            raise Unavailable(
                f"the inference process does not start: {self._last_words()}"
            ) from None

    async def stop(self) -> None:
        """End the child, kindly and then not, within five seconds."""
        if self._keeper is None:
            return
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
        self._keeper = self._url = None

    async def _keep(self) -> None:
        """Run one child after another until cancelled; wait longer the more often they die young."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._run_once()
            self._tell_of_failure()
            self._url = loop.create_future()
            failures = 0 if loop.time() - began > _STEADY_SECONDS else failures + 1
            pause = _BACKOFF[min(failures, len(_BACKOFF) - 1)]
            logger.warning("the inference process ended; another starts in %g s", pause)
            await asyncio.sleep(pause)

    async def _run_once(self) -> None:
        """Start a child, publish its URL, and wait for its end; being cancelled ends it."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            process = self._process = await self._spawn(log)
            try:
                await self._publish(process)
                await process.wait()
            finally:
                await _end(process)
                self._process = None

    async def _spawn(self, log: IO[bytes]) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULES[self.kind],
            "--port=0",
            "--parent-pipe",
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # a Ctrl-C meant for the studio must not cut its work short
        )

    async def _publish(self, process: Process) -> None:
        """Read what the child says until it ends; its address goes to whoever waits for it."""
        assert process.stdout is not None  # noqa: S101 - it was asked for
        async for line in process.stdout:
            url = _url_in(line)
            if url and self._url is not None and not self._url.done():
                logger.info("the inference process %d listens on %s", process.pid, url)
                self._url.set_result(url)

    def _tell_of_failure(self) -> None:
        """Tell whoever waits for the address that this child ended before it had one."""
        if self._url is not None and not self._url.done():
            self._url.set_exception(
                Unavailable(f"the inference process does not start: {self._last_words()}")
            )
            self._url.exception()  # seen, so that asyncio does not complain if nobody waited

    def _last_words(self, lines: int = 5) -> str:
        if not self.log_file.exists():
            return "it left no log"
        said = self.log_file.read_text("utf-8", errors="replace").strip().splitlines()
        return " / ".join(said[-lines:]) or "it said nothing"


def _url_in(line: bytes) -> str:
    """Return the address that a line of the child tells; empty for any other line."""
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError, TypeError):
        return ""


async def _end(process: Process) -> None:
    """Close the child's standard input, which ends it; insist if it does not hear."""
    if process.returncode is not None:
        return
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        async with asyncio.timeout(_KILL_SECONDS):
            await process.wait()

"""Processes that need not import anything first: forked from one that has imported all that they use.

Starting Python and importing the studio takes two seconds of a processor, and the faults start some two hundred
processes. These are processes of their own all the same: killed, stopped and counted by their ids.
"""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from importlib import import_module
from multiprocessing.reduction import DupFd
from typing import Any, Self

IMPORTED = (
    "pytest",
    "backend.app",
    "backend.dispatch.execution",
    "tests.backend.dispatch.delivering",
    "tests.backend.dispatch.dispatching",
    "tests.faults.api",
    "tests.faults.ready",
    "tests.faults.studio",
    "tests.fixtures.scripted",
    "uvicorn",
)
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(IMPORTED))


class WarmProcess:
    """`main` of a module with some words, as `python -m` would run it; the part of Popen that tests need."""

    def __init__(self, module: str, *words: str, quiet: bool = False) -> None:
        heard, said = os.pipe()
        self.stdout = os.fdopen(heard, encoding="utf-8")
        self._process = _context.Process(target=_run, args=(module, words, _Handed(said), quiet))
        try:
            self._process.start()
        finally:
            os.close(said)
        assert self._process.pid
        self.pid: int = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._process.join()
        self.stdout.close()

    @property
    def returncode(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end and return its exit status; None if it still runs."""
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()


Process = subprocess.Popen[str] | WarmProcess


class _Handed:
    """A file that the new process has open under the number that it gets for this."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _taken, (DupFd(self._number),)


def _taken(duplicate: Any) -> int:
    return int(duplicate.detach())


def _run(module: str, words: tuple[str, ...], said: int, quiet: bool) -> None:
    os.dup2(said, 1)
    os.close(said)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if quiet:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    random.seed()  # or all of them would wait for the same random moments
    main = import_module(module).main
    if inspect.iscoroutinefunction(main):
        asyncio.run(main(*words))
    else:
        main(*words)

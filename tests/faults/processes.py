"""Processes of a module of ours, to be killed and started again."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.faults.warm import WarmProcess


class Processes:
    """Started here with a database and a folder, and ended here by their ids."""

    def __init__(self, module: str, url: str, folder: Path, *arguments: str) -> None:
        self._module = module
        self._words = [url, str(folder), *arguments]
        self._processes: dict[int, WarmProcess] = {}

    def start(self) -> int:
        process = WarmProcess(self._module, *self._words)
        self._processes[process.pid] = process
        return process.pid

    def runs(self, pid: int) -> bool:
        return pid in self._processes

    def is_alive(self, pid: int) -> bool:
        return self._processes[pid].poll() is None

    def kill(self, pid: int) -> None:
        process = self._processes.pop(pid)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        process.stdout.close()

    def kill_all(self) -> None:
        for pid in list(self._processes):
            self.kill(pid)

"""Processes of a module of ours, to be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Processes:
    """Started here with a database and a folder, and ended here by their ids."""

    def __init__(self, module: str, url: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", module, url, str(folder)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> int:
        process = subprocess.Popen(self._command, cwd=ROOT)
        self._processes[process.pid] = process
        return process.pid

    def runs(self, pid: int) -> bool:
        return pid in self._processes

    def kill(self, pid: int) -> None:
        process = self._processes.pop(pid)
        os.kill(pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL

    def kill_all(self) -> None:
        for pid in list(self._processes):
            self.kill(pid)

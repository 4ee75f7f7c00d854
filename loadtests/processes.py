"""A server's whole family of processes: how much CPU it has used, and that none of it stays behind.

Whoever was once seen as a descendant, or shares the first one's session, belongs to it, also after its
parent has gone; Ray and LitServe start some that outlive theirs. Ends only processes it knows.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil

END_WITHIN_S = 3.0
IDLE_CORES = 0.25
LOOK_EVERY_S = 0.4


class Family:
    """The descendants of process `root`, which leads a session of its own."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._known: dict[int, psutil.Process] = {}
        self._used: dict[tuple[int, float], float] = {}

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of everybody so far, those who have ended included."""
        for process in self.members():
            with suppress(psutil.Error):
                times = process.cpu_times()
                key = (process.pid, process.create_time())
                self._used[key] = times.user + times.system
        return sum(self._used.values())

    def settle(self, at_most: float) -> bool:
        """Wait until it is nearly idle, at most so many seconds, and say whether it is."""
        until = time.monotonic() + at_most
        before, used = time.monotonic(), self.cpu_seconds()
        while True:
            time.sleep(LOOK_EVERY_S)
            now, then = time.monotonic(), self.cpu_seconds()
            if (then - used) / (now - before) < IDLE_CORES:
                return True
            if now > until:
                return False
            before, used = now, then

    def end(self) -> int:
        """End whoever is left and return how many that were."""
        left = self.members()
        for process in left:
            with suppress(psutil.Error):
                process.terminate()
        _, stubborn = psutil.wait_procs(left, timeout=END_WITHIN_S)
        for process in stubborn:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(stubborn, timeout=END_WITHIN_S)
        return len(left)

    def kill(self) -> None:
        """Kill -9 everybody, also those who are born meanwhile."""
        while left := self.members():
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=END_WITHIN_S)

    def members(self) -> list[psutil.Process]:
        """Find everybody who is alive."""
        self._known = {pid: process for pid, process in self._known.items() if _alive(process)}
        others = {process.pid: process for process in psutil.process_iter()}
        related = {pid for pid in others if pid == self._root or _session_of(pid) == self._root}
        parents = {pid: _parent_of(process) for pid, process in others.items()}
        while related - self._known.keys():
            self._known.update({pid: others[pid] for pid in related - self._known.keys()})
            related = {pid for pid, parent in parents.items() if parent in self._known}
        return list(self._known.values())


def cpu_seconds_of(pid: int) -> float:
    """Return the CPU seconds of one process; 0 if it has gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def machine_busy_seconds() -> float:
    """Return the CPU seconds that this machine's cores have been busy since it started."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # The kernel counts guests within user already, and what a hypervisor took is nobody's here.
    extra = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - extra - getattr(times, "steal", 0.0))


def _session_of(pid: int) -> int:
    with suppress(OSError):
        return os.getsid(pid)
    return -1


def _parent_of(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.ppid())
    return -1


def _alive(process: psutil.Process) -> bool:
    """Say whether it still runs; `is_running` knows a pid that was given to somebody else."""
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False

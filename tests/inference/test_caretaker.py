"""The caretaker: whatever was given a path in the folder ends with the starter, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from inference.caretaker import watch_over

STARTER = """
import sys, time
from pathlib import Path
from inference.caretaker import watch_over
watch_over(Path(sys.argv[1]))
print(flush=True)
time.sleep(600)
"""
SLEEPER = "import time; time.sleep(600)"
SOON_S = 20.0


def sleeper(given: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SLEEPER, given])


def test_ends_what_its_killed_starter_left_behind(tmp_path: Path) -> None:
    folder = tmp_path / "ray"
    folder.mkdir()
    left_behind = sleeper(str(folder / "haproxy.cfg"))
    other = sleeper(str(tmp_path / "ray-of-another" / "haproxy.cfg"))
    try:
        with subprocess.Popen(
            [sys.executable, "-c", STARTER, str(folder)], stdout=subprocess.PIPE
        ) as starter:
            assert starter.stdout
            starter.stdout.readline()
            assert left_behind.poll() is None
            os.kill(starter.pid, signal.SIGKILL)
        assert left_behind.wait(SOON_S) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_removes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "ray"
    (folder / "logs").mkdir(parents=True)
    watch_over(folder).communicate(timeout=SOON_S)
    assert not folder.exists()

"""`atelier up` as a process: it becomes ready, and leaves nothing behind when it ends."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from loadtests.studio import Studio, running_studio

pytestmark = [pytest.mark.heavy, pytest.mark.model]


def family(studio: Studio) -> list[psutil.Process]:
    parent = psutil.Process(studio.process.pid)
    return [parent, *parent.children(recursive=True)]


def test_ctrl_c_stops_everything_it_started(tmp_path: Path) -> None:
    with running_studio(tmp_path) as studio:
        processes = family(studio)
        assert len(processes) > 1, "inference runs in a child process"
        studio.process.send_signal(signal.SIGINT)
        _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
    log = (tmp_path / "studio.log").read_text()
    assert "Traceback" not in log
    assert "everything is stopped" in log


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with running_studio(tmp_path) as studio:
        processes = family(studio)
        studio.process.kill()
        _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []


def test_says_where_it_is_and_how_to_sign_in(tmp_path: Path) -> None:
    with running_studio(tmp_path) as studio:
        url = studio.url
    log = (tmp_path / "studio.log").read_text()
    assert url in log
    assert "designer@example.com" in log

"""The command from end to end, against a server that draws nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.records import read_runs

ROOT = Path(__file__).parent.parent.parent
FAKE = f"fake={sys.executable} -m tests.loadtests.fake_server"


@pytest.mark.serial
def test_measures_a_server_and_leaves_a_report(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "loadtests.compare", "--quick", "--scale", "0.1",
            "--arm", FAKE, "--arms", "fake", "--scenarios", "ascent,mix-90,leavers,abandoned",
            "--capacity", "20", "--out", str(tmp_path),
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    runs = {run.scenario: run for run in read_runs(tmp_path)}
    assert list(runs) == ["ascent", "mix-90", "leavers", "abandoned"]
    assert [window.users for window in runs["ascent"].windows][-1] == 100
    assert set(runs["ascent"].requests.outcomes) == {"o"}
    assert runs["mix-90"].rate == pytest.approx(18.0)
    leavers = runs["leavers"]
    assert leavers.requests.outcomes.count("l") >= 1
    # The fake finishes what nobody waits for, and its own counter tells.
    assert leavers.counters["images"] == len(leavers.requests.outcomes)
    assert set(runs["abandoned"].requests.outcomes) <= {"l", "o"}
    assert runs["abandoned"].counters["images"] == 8
    figures = json.loads((tmp_path / "results.json").read_text())
    assert figures["failures"] == []
    assert (tmp_path / "throughput.png").exists()


def test_an_unknown_arm_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.compare", "--arms", "flask", "--out", "unused"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no arm flask" in done.stderr

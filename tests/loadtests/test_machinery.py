"""Starting, watching and stopping servers; meters; the time there is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psutil
import pytest

from loadtests.arms import ARMS, FLAGSHIP, REFERENCE, Arm, ArmFailed, Camp, running
from loadtests.budget import QUICK_S, SHORTEST_SCALE, Budget, Turn
from loadtests.counters import grown, parse, read_counters
from loadtests.meters import find_meters, read_all
from loadtests.processes import Family
from loadtests.scenarios import FULL, QUICK
from tests.loadtests.canned import closed_loop

FAKE = Arm("fake", Camp.OURS, (sys.executable, "-m", "tests.loadtests.fake_server"))
BUSY_CHILD = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {0!r}]); {1}"
SPIN = "import time\nuntil = time.time() + 60\nwhile time.time() < until: pass"


class TestArms:
    def test_the_reference_is_first_and_all_are_loopback_with_a_pipe(self) -> None:
        assert next(iter(ARMS)) == REFERENCE
        assert FLAGSHIP in ARMS
        assert all({"--port=0", "--parent-pipe"} <= set(arm.command) for arm in ARMS.values())

    def test_runs_for_as_long_as_the_context_lasts(self, tmp_path: Path) -> None:
        with running(FAKE, tmp_path / "log") as server:
            assert httpx2.get(f"{server.url}/readyz").status_code == 200
            assert read_counters(server.url) == {"images": 0.0}
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{server.url}/readyz", timeout=1)

    def test_one_that_ends_at_once_is_told(self, tmp_path: Path) -> None:
        broken = Arm("broken", Camp.STUDY, (sys.executable, "-c", "raise SystemExit(3)"))
        with pytest.raises(ArmFailed, match="ended with 3"), running(broken, tmp_path / "log"):
            pass

    def test_is_parsed_from_the_command_line(self) -> None:
        assert Arm.parse("mine=python -m mine").command == ("python", "-m", "mine")
        with pytest.raises(ValueError, match="NAME=COMMAND"):
            Arm.parse("mine")


class TestFamily:
    def test_sees_counts_and_ends_grandchildren(self) -> None:
        command = BUSY_CHILD.format(SPIN, "time.sleep(60)")
        root = subprocess.Popen([sys.executable, "-c", command], start_new_session=True)
        family = Family(root.pid)
        try:
            until = time.monotonic() + 10
            while family.cpu_seconds() < 0.2 and time.monotonic() < until:
                time.sleep(0.05)
            used = family.cpu_seconds()
            children = psutil.Process(root.pid).children()
            assert used >= 0.2
            assert not family.settle(at_most=0.1)
        finally:
            ended = family.end()
            root.wait(5)
        assert ended == 2
        assert family.cpu_seconds() >= used
        assert not any(child.is_running() for child in children)


class TestMeters:
    def test_a_package_that_wraps_goes_on_counting(self, tmp_path: Path) -> None:
        zone = tmp_path / "intel-rapl:0"
        zone.mkdir()
        (zone / "name").write_text("package-0\n")
        (zone / "max_energy_range_uj").write_text("10000000\n")
        (zone / "energy_uj").write_text("9000000\n")
        meters = [meter for meter in find_meters(tmp_path) if meter.name == "package-0"]
        before = read_all(meters)
        (zone / "energy_uj").write_text("1000000\n")
        assert grown(before, read_all(meters)) == {"package-0": 2.0}

    def test_none_is_no_error(self, tmp_path: Path) -> None:
        assert not [meter for meter in find_meters(tmp_path) if not meter.name.startswith("gpu")]

    def test_counters_are_those_we_know_by_their_ends(self) -> None:
        text = (
            "# HELP atelier_inference_rows_total UNet rows\n"
            "atelier_inference_rows_total 120.0\n"
            "atelier_inference_rows_wasted_total 2.0\n"
            'some_images_total{model="a"} 3\n'
            'some_images_total{model="b"} 4\n'
            "other 5\n"
        )
        assert parse(text) == {"rows": 120.0, "rows_wasted": 2.0, "images": 7.0}


class TestBudget:
    TURNS = tuple(Turn(1, arm, tuple(QUICK.values())) for arm in ARMS.values())

    def test_quick_fits(self) -> None:
        budget = Budget(QUICK_S)
        scale = budget.scale(self.TURNS)
        assert scale > SHORTEST_SCALE
        assert budget.estimate(self.TURNS, scale) <= QUICK_S + 1

    def test_slow_starts_and_images_shorten_what_is_left(self) -> None:
        budget = Budget(QUICK_S)
        before = budget.scale(self.TURNS)
        budget.learn(closed_loop(REFERENCE, 0.25))
        assert budget.image_s == pytest.approx(0.25)
        budget.started(ARMS[REFERENCE], 20.0)
        assert SHORTEST_SCALE <= budget.scale(self.TURNS) < before

    def test_without_a_limit_everything_takes_as_long_as_it_takes(self) -> None:
        budget = Budget(None)
        turns = [Turn(1, ARMS[REFERENCE], tuple(FULL.values()))]
        assert budget.scale(turns) == 1.0
        assert budget.estimate(turns, 1.0) > 1000
        assert budget.allows(turns[0], FULL["mix"], 1.0)

    def test_what_cannot_be_over_in_time_is_not_begun(self) -> None:
        budget = Budget(total_s=5.0)
        assert not budget.allows(self.TURNS[0], QUICK["ascent"], 1.0)

"""The GPU figures without a GPU: FLOP counted on nothing, and every line rehearsed in miniature."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.streams import HostAside
from inference.unets import EagerUNet
from loadtests import gpu_bench
from loadtests.gpu import bench, sections
from loadtests.gpu.bench import TINY_SCALE, Bench, placement_of
from loadtests.gpu.racing import Arm, Clock, Drawn, Job, Race, Run, race
from loadtests.gpu.report import markdown
from loadtests.gpu.run import machine
from loadtests.gpu.sections import COMPILED, SECTIONS, measure_all
from loadtests.gpu.shapes import FULL, TINY, Work, unet_flops

SKETCH = Job(steps=4, guidance_scale=7.5)


class TestWork:
    def test_a_row_of_stable_diffusion_takes_as_many_flop_as_published(self) -> None:
        assert unet_flops(FULL.unet, 512) == pytest.approx(803.3e9, rel=0.01)

    def test_guidance_takes_two_rows_a_step(self) -> None:
        work = Work(row=100, decode=10, text=1, sdxl_row=0)
        assert work.of_image(4, 7.5) == 811
        assert work.of_image(4, 1.0) == 411


class TestCommand:
    def test_says_in_one_line_that_there_is_no_gpu(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert gpu_bench.main([]) == 2
        said = capsys.readouterr()
        assert said.err.count("\n") == 1
        assert "--device cpu --tiny" in said.err
        assert not said.out

    def test_measures_nothing_of_full_size_on_a_cpu(self) -> None:
        assert gpu_bench.main(["--device", "cpu"]) == 2


@pytest.mark.heavy
def test_the_rehearsal_goes_through_every_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study" / "gpu.json"
    assert gpu_bench.main(["--device", "cpu", "--tiny", "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    told = report["sections"]
    assert list(told) == [section.name for section in SECTIONS]
    assert {name for name, figures in told.items() if "skipped" in figures} == {
        section.name for section in SECTIONS if section.needs_cuda
    }
    assert all(way["finite"] for way in told["agreement"]["ways"])
    assert max(way["latents_relative_error"] for way in told["agreement"]["ways"]) < 1e-4
    assert {arm["arm"] for arm in told["throughput"]["arms"]} == {
        "plain pipeline",
        "engine, eager",
        "engine, channels_last",
    }
    page = out.with_suffix(".md").read_text()
    assert page.strip() == capsys.readouterr().out.strip()
    assert str(tmp_path) not in page


@pytest.mark.heavy
def test_what_only_a_gpu_can_do_goes_through_with_stand_ins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Bench, "on_cuda", True)
    monkeypatch.setattr(bench, "GraphedUNet", stand_in_for_graphs)
    monkeypatch.setattr(sections, "GraphedUNet", stand_in_for_graphs)
    monkeypatch.setattr(sections, "SameStream", lambda _: HostAside())
    monkeypatch.setattr(torch, "compile", lambda network, **_: network)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", lambda _: None)
    with closing(Bench(placement_of("cpu"), TINY, TINY_SCALE, Clock(500))) as tiny:
        tiny.limit = 1e9
        wanted = [section for section in (*SECTIONS, COMPILED) if section.needs_cuda]
        measured = {section.name: figures for section, figures in measure_all(tiny, wanted)}
    assert set(measured) == {"streams", "waits", "compiled"}
    assert not any("failed" in figures for figures in measured.values()), measured
    page = markdown({**HEADER, "sections": {n: {"title": n, **f} for n, f in measured.items()}})
    assert "engine, compiled, graphs" in page


def test_an_arm_without_figures_says_so_in_the_table() -> None:
    arms = [{"arm": "engine, eager", "failed": "RuntimeError: no memory"}]
    page = markdown({**HEADER, "sections": {"x": {"title": "X", "arms": arms}}})
    assert "| engine, eager | **failed**: RuntimeError: no memory |" in page


HEADER = {
    "machine": machine(placement_of("cpu")),
    "command": "python -m loadtests.gpu_bench",
    "date": "2026-11-21",
    "seconds": 1.0,
}


def stand_in_for_graphs(network: Any, **_: object) -> EagerUNet:
    return EagerUNet(network)


class FakeArm:
    """Draws in no time, or not at all."""

    def __init__(self, name: str, order: list[str], *, broken: bool) -> None:
        self._name, self._order, self._broken = name, order, broken

    def draw(self, jobs: Sequence[Job]) -> Run:
        if self._broken:
            raise RuntimeError("no memory\nand more")
        self._order.append(self._name)
        return Run(seconds=1.0, drawn=[Drawn(job, 1.0) for job in jobs], calls=4, rows=8)


def raced(order: list[str], *, rounds: int, broken: str = "", clock: Clock | None = None) -> Race:
    """A race of two fake arms, a and b, at six sketches each."""
    arms: dict[str, Callable[[], Arm]] = {
        name: partial(FakeArm, name, order, broken=name == broken) for name in "ab"
    }
    return race(arms, lambda _: [SKETCH] * 6, rounds=rounds, clock=clock or Clock(60))


class TestRace:
    def test_rounds_are_interleaved_and_every_other_runs_backwards(self) -> None:
        order: list[str] = []
        result = raced(order, rounds=2)
        assert order == ["a", "b", "a", "b", "b", "a"]
        assert [len(run.drawn) for run in result.runs["a"]] == [6, 6]

    def test_an_arm_that_fails_is_left_out_and_says_why(self) -> None:
        result = raced([], rounds=2, broken="a")
        assert result.failures == {"a": "RuntimeError: no memory"}
        assert list(result.runs) == ["b"]

    def test_without_budget_one_round_is_all(self) -> None:
        result = raced([], rounds=5, clock=Clock(-1))
        assert len(result.runs["a"]) == 1

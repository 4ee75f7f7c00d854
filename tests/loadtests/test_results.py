"""From runs to figures, tables, plots and the verdict. The runs are canned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtests.arms import FLAGSHIP
from loadtests.costs import COUNTED, ESTIMATED
from loadtests.goals import goals, verdict
from loadtests.plans import MIX, Answered, Kind, Outcome, Stage
from loadtests.records import (
    RUNS_FILE,
    Requests,
    Run,
    append,
    count_errors,
    read_runs,
    write_study,
)
from loadtests.report import markdown
from loadtests.results import rewrite
from loadtests.samples import Key, Samples
from loadtests.summary import Summary, summarise
from tests.loadtests.canned import STUDY, closed_loop, study_of_two_rounds

RUNS = study_of_two_rounds()


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summarise(RUNS, STUDY)


class TestRecords:
    def test_come_back_as_they_were_kept(self, tmp_path: Path) -> None:
        for run in RUNS[:3]:
            append(tmp_path, run)
        kept = read_runs(tmp_path)
        assert [run.requests.rows() for run in kept] == [run.requests.rows() for run in RUNS[:3]]

    def test_a_line_that_was_cut_off_is_left_out(self, tmp_path: Path) -> None:
        append(tmp_path, RUNS[0])
        with (tmp_path / RUNS_FILE).open("a") as file:
            file.write('{"arm": "fasta')
        assert len(read_runs(tmp_path)) == 1

    def test_errors_are_counted_by_message(self) -> None:
        failed = Answered(
            kind=Kind.PREDICT, sent=0, done=1, outcome=Outcome.ERROR, error="429: full"
        )
        assert count_errors([failed, failed]) == {"429: full": 2}


class TestFigures:
    def test_throughput_is_what_the_server_could_do(self, summary: Summary) -> None:
        row = summary.row("fastapi-lock", "24 users")
        assert row is not None
        assert row.rps == pytest.approx(1 / (0.25 * 1.03), rel=0.05)

    def test_waits_are_those_of_the_queue(self, summary: Summary) -> None:
        row = summary.row("litserve", "100 users")
        assert row is not None
        assert row.p95 == pytest.approx(100 * 0.2 * 1.03, rel=0.05)

    def test_ratios_are_over_the_reference(self, summary: Summary) -> None:
        row = summary.row("engine-ray", "30 users")
        assert row is not None
        assert row.times_rps is not None
        assert row.times_rps.value == pytest.approx(0.25 / 0.08, rel=0.1)
        assert row.times_rps.low <= row.times_rps.value <= row.times_rps.high

    def test_kinds_are_told_apart(self, summary: Summary) -> None:
        assert summary.row("litserve", "mix", Kind.SKETCH)
        assert summary.row("litserve", "mix", Kind.FINAL)

    def test_what_was_cut_off_counts_as_long_as_it_waited(self) -> None:
        run = closed_loop("litserve", 0.2)
        run.requests = Requests(kinds="pp", outcomes="ou", sent=[1.0, 1.0], done=[2.0, 40.0])
        samples = Samples([run])
        [waits] = samples.waits(Key("litserve", "5 users"))
        assert waits.tolist() == [1.0, 39.0]
        assert samples.count(Key("litserve", "5 users"), Outcome.UNFINISHED) == 1

    def test_an_arm_that_failed_is_told(self) -> None:
        failed = Run(
            arm="ray", camp="study", scenario="start", round=1, start_s=0, failure="it ended"
        )
        found = summarise([*RUNS[:2], failed], STUDY)
        assert found.failures == ["ray, start, round 1: it ended"]
        assert "ray" not in found.arms

    def test_of_nothing_are_none(self) -> None:
        assert summarise([], STUDY).rows == []


class TestWaste:
    def _leavers(self, *, counters: dict[str, float]) -> Run:
        run = closed_loop("litserve", 0.2, scenario="leavers")
        outcomes = list(run.requests.outcomes)
        outcomes[::10] = "l" * len(outcomes[::10])
        run.requests.outcomes = "".join(outcomes)
        run.counters = counters
        return run

    def test_is_counted_where_the_server_counts(self) -> None:
        run = self._leavers(counters={"images": 500.0})
        [waste] = summarise([run], STUDY).wastes
        assert waste.how == COUNTED
        assert waste.wasted == 500 - run.requests.outcomes.count("o")
        assert waste.work_wasted_share == pytest.approx(waste.wasted / 500, abs=1e-4)

    def test_of_an_engine_is_counted_in_rows(self) -> None:
        run = self._leavers(counters={"images": 460.0, "rows": 4000.0, "rows_wasted": 30.0})
        run.arm, run.camp = FLAGSHIP, "ours"
        plain = closed_loop(FLAGSHIP, 0.2)
        summary = summarise([plain, run], STUDY)
        [waste] = summary.wastes
        assert (waste.rows_wasted, waste.rows, waste.work_wasted_share) == (30, 4000, 0.0075)
        found = goals(summary, Samples([plain, run]))
        [goal] = [goal for goal in found if goal.what.startswith("UNet rows")]
        assert (goal.wanted, goal.measured, goal.met) == ("≤ 2%", "0.75%", True)
        report = markdown(summary, found, "")
        assert "30 of 4000 | 0.75% |" in report
        assert "| ≤ 2% | 0.75% | met |" in report

    def test_is_estimated_elsewhere_from_the_run_in_which_all_leave(self) -> None:
        plain = closed_loop("litserve", 0.2)
        an_image = plain.cpu_s / len(plain.requests.sent)
        abandoned = plain.model_copy(deep=True, update={"scenario": "abandoned", "counters": {}})
        abandoned.requests = Requests(kinds="p" * 8, outcomes="l" * 8, sent=[0] * 8, done=[1] * 8)
        abandoned.cpu_s = 8 * an_image
        [waste] = summarise([plain, self._leavers(counters={}), abandoned], STUDY).wastes
        assert waste.how == ESTIMATED
        assert waste.per_abandoned == pytest.approx(1.0, abs=0.01)
        assert waste.wasted == pytest.approx(waste.left, abs=1)

    def test_is_unknown_without_either(self) -> None:
        [waste] = summarise([self._leavers(counters={})], STUDY).wastes
        assert waste.wasted is None
        assert waste.work_wasted_share is None


class TestVerdict:
    def test_is_over_the_best_of_the_study_where_ours_leads_least(self, summary: Summary) -> None:
        line = verdict(summary, Samples(RUNS))
        assert line.startswith("engine-ray 2.")
        assert "the RPS of the best of the study's servers (litserve)" in line
        assert "0 errors" in line
        assert "\n" not in line

    def test_says_so_where_there_is_nothing_to_compare(self) -> None:
        runs = [run for run in RUNS if run.arm == "litserve"]
        assert "not both there" in verdict(summarise(runs, STUDY), Samples(runs))

    def test_goals_tell_met_missed_and_not_measured(self, summary: Summary) -> None:
        found = {goal.what: goal.met for goal in goals(summary, Samples(RUNS))}
        assert found["RPS over the best of the study's servers"] is True
        assert found["RPS over the best with request-level batching, mixed load"] is True
        assert found["errors of ours at the study's loads"] is True
        # Served first come, first served, sketches wait behind finals: 0.32x is speed alone.
        assert found["p95 over the best with request-level batching, mixed load"] is False
        assert found["UNet rows computed in vain when some clients leave"] is None

    def test_in_an_open_loop_the_best_is_who_lets_wait_least(self) -> None:
        stages, mixed = [Stage(users=24, seconds=20.0)], tuple(MIX)
        ours, fast, slow = (
            closed_loop(arm, image_s, scenario="mix-90", stages=stages, kinds=mixed)
            for arm, image_s in ((FLAGSHIP, 0.04), ("ray-batched", 0.1), ("litserve-batched", 0.2))
        )
        fast.camp, asked = "batched", fast.requests
        asked.done = [done + 3 * sent for sent, done in zip(asked.sent, asked.done, strict=True)]
        asked.sent = [4 * sent for sent in asked.sent]  # it waits less, but is asked more seldom
        runs = [ours, fast, slow]
        found = goals(summarise(runs, STUDY), Samples(runs))
        [goal] = [goal for goal in found if "mixed load at 90 %" in goal.what]
        assert goal.measured.endswith("ray-batched")
        assert goal.met is True


def test_a_folder_of_runs_becomes_json_tables_and_plots(tmp_path: Path) -> None:
    write_study(tmp_path, STUDY)
    for run in RUNS:
        append(tmp_path, run)
    line = rewrite(tmp_path)
    report = (tmp_path / "results.md").read_text()
    assert line in report
    for wanted in ("### 24 users", "### 100 users", "Clients that leave", "no meter", "mix.png"):
        assert wanted in report
    figures = json.loads((tmp_path / "results.json").read_text())
    assert {row["arm"] for row in figures["rows"]} == {run.arm for run in RUNS}
    for name in ("throughput.png", "latency.png", "ratios.png", "mix.png"):
        assert (tmp_path / name).stat().st_size > 5_000

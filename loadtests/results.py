"""Writes what a folder of runs amounts to: JSON, a Markdown report, plots. Returns the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from loadtests.goals import goals, verdict
from loadtests.plots import draw_all
from loadtests.records import Run, Study, read_runs, read_study
from loadtests.report import markdown
from loadtests.samples import Samples
from loadtests.summary import summarise

RESULTS_FILE: Final = "results.json"
REPORT_FILE: Final = "results.md"


def rewrite(folder: Path) -> str:
    """Write everything in `folder` anew from its runs and return the verdict.

    Raises:
        FileNotFoundError: There are none.
    """
    return write(folder, read_runs(folder), read_study(folder))


def write(folder: Path, runs: list[Run], study: Study) -> str:
    """Write the results of `runs` into `folder` and return the verdict."""
    summary = summarise(runs, study)
    samples = Samples(run for run in runs if not run.failure)
    line = verdict(summary, samples)
    plots = draw_all(summary, folder)
    (folder / RESULTS_FILE).write_text(summary.model_dump_json(indent=1) + "\n")
    (folder / REPORT_FILE).write_text(markdown(summary, goals(summary, samples), line, plots))
    return line

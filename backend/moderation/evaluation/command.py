"""`atelier moderation evaluate DIR`: how good a model's safety check is on a folder of labelled pictures.

Shows how far it is, prints the figures, and leaves a report and a picture of them. `inference.evaluating` measures, and torch is
loaded when it does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backend.console import err, fail, out, print_table, read_settings, reading, table_of

if TYPE_CHECKING:
    from backend.moderation.evaluation.running import Findings
    from backend.moderation.evaluation.schemas import Rate, Report
    from backend.policies.service import ActivePolicy
    from inference.evaluating import Examiner, Labelled

_NAMED: Final = 5

_Folder = Annotated[
    Path,
    typer.Argument(
        help="A folder with restricted/ and safe/, or a CSV file with the columns file,label."
    ),
]
_Model = Annotated[
    str, typer.Option(help="Whose checkers; left out: the first of the models file.")
]
_Out = Annotated[
    Path | None, typer.Option("--out", help="Where the report goes; left out: the data folder.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")]


def evaluate(
    folder: _Folder, *, model: _Model = "", into: _Out = None, as_json: _Json = False
) -> None:
    """Measure a labelled folder: recall and false positives with their intervals, by shape, and by threshold."""
    from inference.evaluating import EvaluationRefused, Examiner, read_labelled  # noqa: PLC0415 - a command imports what it needs
    from inference.offline import stay_offline  # noqa: PLC0415

    stay_offline()
    try:
        pictures = read_labelled(folder)
        with err.status("loading the safety checkers"):
            examiner = Examiner(model)
    except EvaluationRefused as error:
        fail(escape(str(error)))
    policy = _policy()
    found = _examined(pictures, examiner, policy, folder)
    if len({one.restricted for one in found.judged}) < 2:  # noqa: PLR2004 - both kinds
        fail(f"none of the pictures of one kind can be read, such as {escape(found.unreadable[0])}")
    _tell(found, examiner, policy, folder, into=into, as_json=as_json)


def _policy() -> ActivePolicy:
    from backend.policies import service as policies  # noqa: PLC0415

    with reading() as session:
        return policies.active(session)


def _examined(
    pictures: list[Labelled], examiner: Examiner, policy: ActivePolicy, folder: Path
) -> Findings:
    from backend.moderation.evaluation.running import examine  # noqa: PLC0415

    home = folder if folder.is_dir() else folder.parent
    columns = (TextColumn("· measuring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("", total=len(pictures))
        return examine(pictures, examiner, policy, home=home, advance=lambda: bar.advance(task))


def _tell(  # noqa: PLR0913 - what was found, with what, and how it is told
    found: Findings, examiner: Examiner, policy: ActivePolicy, folder: Path, *, into: Path | None, as_json: bool
) -> None:  # fmt: skip
    from backend.moderation.evaluation.chart import draw_chart  # noqa: PLC0415
    from backend.moderation.evaluation.running import report_on  # noqa: PLC0415

    report = report_on(found, examiner, policy, home=folder)
    home = into or (
        read_settings().data_dir
        / "evaluations"
        / f"{report.model}-{report.measured_at:%Y%m%d-%H%M%S}"
    )
    home.mkdir(parents=True, exist_ok=True)
    written = report.model_dump_json(indent=2)
    (home / "evaluation.json").write_text(written + "\n", "utf-8")
    draw_chart(report, found.judged).save(home / "evaluation.png")
    if as_json:
        sys.stdout.write(written + "\n")
        return
    _print(report)
    out.print(f"\nWritten: {escape(str(home))}/evaluation.json and evaluation.png", soft_wrap=True)


def _print(report: Report) -> None:
    for card in report.checkers:
        scope = f" ({escape(card.scope)})" if card.scope else ""
        out.print(f"[bold]{escape(card.name)}[/]{scope}, by policy {report.policy_version}")
    _print_groups(report)
    _print_bins(report)
    precise = (
        f"precision {_told(report.precision)}; average precision {report.average_precision:.4f}"
    )
    out.print(precise)
    if report.recall_gap is not None:
        out.print(
            f"recall of the best and the worst group: {100 * report.recall_gap:.1f} points apart"
        )
    if report.calibration_error is not None:
        out.print(
            f"expected calibration error of fitted probabilities: {report.calibration_error:.4f}"
        )
    for count, what, names in (
        (report.unchecked, "not measured, and so held", []),
        (report.recall.of - report.recall.count, "restricted and not held", report.missed),
        (report.false_positives.count, "safe and held", report.alarms),
        (len(report.unreadable), "no pictures, and left out", report.unreadable),
    ):
        if count:
            some = f", such as {escape(', '.join(names[:_NAMED]))}" if names else ""
            out.print(f"{count} {what}{some}", soft_wrap=True)


def _print_groups(report: Report) -> None:
    table = table_of("pictures", "restricted", "recall, 95 %", "safe", "false positives, 95 %")
    for one in report.groups:
        table.add_row(
            escape(one.group),
            str(one.recall.of),
            _told(one.recall),
            str(one.false_positives.of),
            _told(one.false_positives),
        )
    table.add_section()
    table.add_row(
        "all",
        str(report.recall.of),
        _told(report.recall),
        str(report.false_positives.of),
        _told(report.false_positives),
        style="bold",
    )
    print_table(table)


def _print_bins(report: Report) -> None:
    table = table_of("margin from", "to", "pictures", "of them restricted, 95 %")
    for one in report.calibration:
        told = _told(one.restricted)
        table.add_row(f"{one.low:+.3f}", f"{one.high:+.3f}", str(one.restricted.of), told)
    print_table(table)


def _told(rate: Rate) -> str:
    if rate.share is None:
        return "–"
    return f"{100 * rate.share:.2f} % ({100 * rate.low:.2f} – {100 * rate.high:.2f})"

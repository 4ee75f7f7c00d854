"""An evaluation from a folder to a report: reads, has inference measure, and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from backend.kit.clock import utc_now
from backend.moderation.evaluation import figures
from backend.moderation.evaluation.figures import Judged
from backend.moderation.evaluation.schemas import Report
from backend.policies.service import ActivePolicy

if TYPE_CHECKING:
    from inference.evaluating import Examiner, Labelled

_NAMED: Final = 200


@dataclass
class Findings:
    """Every picture, judged; and the files that could not be read."""

    judged: list[Judged] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def examine(
    pictures: list[Labelled],
    examiner: Examiner,
    policy: ActivePolicy,
    *,
    home: Path,
    advance: Callable[[], object],
) -> Findings:
    """Have every picture measured and judge it; `advance` is called after each."""
    found = Findings()
    for one in examiner.measured(pictures):
        name = _name(one.picture.file, home)
        if one.trouble:
            found.unreadable.append(name)
        else:
            judged = Judged.of(
                name, one.group, one.scores, policy.document, restricted=one.picture.restricted
            )
            found.judged.append(judged)
        advance()
    return found


def report_on(found: Findings, examiner: Examiner, policy: ActivePolicy, *, home: Path) -> Report:
    """Return the figures; there has to be a readable picture of either kind."""
    pictures = found.judged
    groups, points = figures.by_group(pictures), figures.curve(pictures)
    return Report(
        folder=home.resolve().name,
        measured_at=utc_now(),
        model=examiner.model,
        checkers=examiner.cards,
        policy_version=policy.version,
        recall=figures.recall(pictures),
        false_positives=figures.false_positives(pictures),
        precision=figures.precision(pictures),
        recall_gap=figures.recall_gap(groups),
        average_precision=figures.average_precision(points),
        calibration_error=figures.calibration_error(pictures),
        unchecked=sum(not one.checked for one in pictures),
        unreadable=found.unreadable,
        missed=[one.file for one in pictures if one.restricted and not one.held][:_NAMED],
        alarms=[one.file for one in pictures if one.held and not one.restricted][:_NAMED],
        groups=groups,
        curve=points,
        calibration=figures.calibration(pictures),
    )


def _name(file: Path, home: Path) -> str:
    return str(file.relative_to(home)) if file.is_relative_to(home) else file.name

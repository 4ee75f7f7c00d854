"""What is kept of a run: one JSON line each, appended as soon as it is over, so that nothing is lost.

Requests are kept in columns with a letter for what was asked and how it ended, which is small enough to
commit and enough to draw every table and plot again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field

from loadtests.plans import Answered, Kind, Outcome

RUNS_FILE: Final = "runs.jsonl"
STUDY_FILE: Final = "study.json"
_KIND_LETTERS: Final = {Kind.PREDICT: "p", Kind.SKETCH: "s", Kind.FINAL: "f"}
_KINDS: Final = {letter: kind for kind, letter in _KIND_LETTERS.items()}
_OUTCOME_LETTERS: Final = {
    Outcome.OK: "o",
    Outcome.ERROR: "e",
    Outcome.LEFT: "l",
    Outcome.UNFINISHED: "u",
}
_OUTCOMES: Final = {letter: outcome for outcome, letter in _OUTCOME_LETTERS.items()}


class Window(BaseModel):
    """A stage as it really was: `users` from `begin` to `end`, seconds since the run's start."""

    users: int
    begin: float
    end: float


class Requests(BaseModel):
    """Every request of a run in the order of sending; times in seconds since the run's start."""

    kinds: str = ""
    outcomes: str = ""
    sent: list[float] = Field(default_factory=list)
    done: list[float] = Field(default_factory=list)

    @classmethod
    def of(cls, answers: Iterable[Answered]) -> Requests:
        """Return `answers` as columns."""
        ordered = sorted(answers, key=lambda answer: answer.sent)
        return cls(
            kinds="".join(_KIND_LETTERS[answer.kind] for answer in ordered),
            outcomes="".join(_OUTCOME_LETTERS[answer.outcome] for answer in ordered),
            sent=[round(answer.sent, 3) for answer in ordered],
            done=[round(answer.done, 3) for answer in ordered],
        )

    def rows(self) -> list[tuple[Kind, Outcome, float, float]]:
        """Return kind, outcome, sent and done of each."""
        return [
            (_KINDS[kind], _OUTCOMES[outcome], sent, done)
            for kind, outcome, sent, done in zip(
                self.kinds, self.outcomes, self.sent, self.done, strict=True
            )
        ]

    def count(self, outcome: Outcome) -> int:
        """Return how many ended so."""
        return self.outcomes.count(_OUTCOME_LETTERS[outcome])


class Run(BaseModel):
    """One scenario against one arm in one round; all costs are from first request to idle again.

    `rate` is what an open loop was asked for, requests a second. `others_share` is the part of the
    machine's cores that neither the arm nor the load generator used: above a few percent the run was
    disturbed. `joules` is empty without a meter, `counters` where the server counts nothing.
    """

    arm: str
    camp: str
    scenario: str
    round: int
    start_s: float
    warm_up_s: float = 0.0
    scale: float = 1.0
    rate: float | None = None
    failure: str | None = None
    windows: list[Window] = Field(default_factory=list)
    requests: Requests = Field(default_factory=Requests)
    errors: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    cpu_s: float = 0.0
    generator_cpu_s: float = 0.0
    others_share: float = 0.0
    settled: bool = True
    joules: dict[str, float] = Field(default_factory=dict)
    counters: dict[str, float] = Field(default_factory=dict)


class Study(BaseModel):
    """What all runs of a folder have in common."""

    machine: str
    began: str
    command: str
    mode: str
    rounds: int
    meters: list[str] = Field(default_factory=list)
    minutes: float = 0.0
    notes: list[str] = Field(default_factory=list)


def count_errors(answers: Iterable[Answered]) -> dict[str, int]:
    """Return how often each error message was heard, the most frequent first, at most ten."""
    messages = Counter(answer.error for answer in answers if answer.error)
    return dict(messages.most_common(10))


def append(folder: Path, run: Run) -> None:
    """Keep `run`."""
    with (folder / RUNS_FILE).open("a") as file:
        file.write(run.model_dump_json(exclude_defaults=True) + "\n")


def read_runs(folder: Path) -> list[Run]:
    """Return every run kept in `folder`; a last line that was cut off is left out."""
    path = folder / RUNS_FILE
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [Run.model_validate_json(line) for line in lines if line.endswith("\n")]


def write_study(folder: Path, study: Study) -> None:
    """Keep what the runs have in common."""
    (folder / STUDY_FILE).write_text(study.model_dump_json(indent=2) + "\n")


def read_study(folder: Path) -> Study:
    """Return what the runs in `folder` have in common."""
    return Study.model_validate_json((folder / STUDY_FILE).read_text())

"""Goes through the arms, round after round, one at a time: start, warm up, every scenario, stop.

ABCABC, so that a machine that grows slower meanwhile does so for everybody. Every run is kept as soon
as it is over. An arm that fails is told and left; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.arms import ARMS, REFERENCE, Arm, ArmFailed, Server, running
from loadtests.budget import Budget, Turn
from loadtests.driving import Generator, running_generator
from loadtests.measuring import Measuring, record_of, warm_up
from loadtests.meters import Meter
from loadtests.plans import Outcome
from loadtests.records import Run, append
from loadtests.scenarios import CAPACITY, FULL, Scenario

START = "start"


@dataclass
class Campaign:
    """One comparison: who, through what, how often, and where it is kept."""

    arms: Sequence[Arm]
    scenarios: Sequence[Scenario]
    rounds: int
    folder: Path
    logs: Path
    budget: Budget
    meters: Sequence[Meter] = ()
    capacity: float | None = None
    stretch: float = 1.0
    first_round: int = 1
    tell: Callable[[str], None] = lambda _line: None
    runs: list[Run] = field(default_factory=list)

    def turns(self) -> list[Turn]:
        """Return every arm of every round, in order; first the reference if its capacity is needed."""
        rounds = range(self.first_round, self.first_round + self.rounds)
        turns = [Turn(k, arm, tuple(self.scenarios)) for k in rounds for arm in self.arms]
        if self._capacity_is_missing():
            measured = {scenario.name: scenario for scenario in self.scenarios}
            capacity = measured.get(CAPACITY, FULL[CAPACITY])
            turns.insert(0, Turn(self.first_round, ARMS[REFERENCE], (capacity,)))
        return turns

    def run(self) -> None:
        """Go through all of it."""
        turns = self.turns()
        for index, turn in enumerate(turns):
            scale = self.stretch * self.budget.scale(turns[index:])
            self.tell(
                f"round {turn.round}, {turn.arm.name} ({index + 1} of {len(turns)}): starting"
            )
            try:
                self._take(turn, scale)
            except ArmFailed as failure:
                lost = record_of(turn.arm, START, turn.round, start_s=0)
                self._keep(lost.model_copy(update={"failure": str(failure)}))

    def _take(self, turn: Turn, scale: float) -> None:
        log = self.logs / f"{turn.arm.name}.log"
        with ExitStack() as stack:
            # The generator loads while the server does: neither is counted.
            generator = stack.enter_context(running_generator(self.logs / "generator.log"))
            server = stack.enter_context(running(turn.arm, log))
            self.budget.started(turn.arm, server.ready_after_s)
            warm_up_s = warm_up(server.url)
            self.tell(
                f"  ready after {server.ready_after_s:.1f} s and warm after {warm_up_s:.1f} s, "
                f"not counted; scale {scale:.2f}"
            )
            self._go_through(turn, scale, server, generator, warm_up_s)

    def _go_through(
        self, turn: Turn, scale: float, server: Server, generator: Generator, warm_up_s: float
    ) -> None:
        measuring = Measuring(server, generator, self.meters)
        for scenario in turn.scenarios:
            if not self.budget.allows(turn, scenario, scale):
                self.tell(f"  {scenario.name}: left out, there is no time for it")
                continue
            record = record_of(turn.arm, scenario.name, turn.round, start_s=server.ready_after_s)
            record.scale, record.warm_up_s = round(scale, 3), round(warm_up_s, 2)
            try:
                record.rate = scenario.rate(self.capacity)
            except ValueError as unknown:
                self._keep(record.model_copy(update={"failure": str(unknown)}))
                continue
            plan = scenario.plan(server.url, round_=turn.round, scale=scale, rate=record.rate)
            self._keep(measuring.run(plan, record))

    def _keep(self, run: Run) -> None:
        append(self.folder, run)
        self.runs.append(run)
        self.budget.learn(run)
        if run.arm == REFERENCE and run.scenario == CAPACITY and self.capacity is None:
            self.capacity = capacity_of([run])
        self.tell(f"  {line_of(run)}")

    def _capacity_is_missing(self) -> bool:
        wanted = any(scenario.load is not None for scenario in self.scenarios)
        measured = any(arm.name == REFERENCE for arm in self.arms) and any(
            scenario.name == CAPACITY for scenario in self.scenarios
        )
        return wanted and self.capacity is None and not measured


def capacity_of(runs: Sequence[Run]) -> float | None:
    """Return the images a second of the mixed load that the reference did when it was never idle."""
    for run in runs:
        done = [end for _, outcome, _, end in run.requests.rows() if outcome is Outcome.OK]
        if run.arm == REFERENCE and run.scenario == CAPACITY and done:
            return len(done) / max(done)
    return None


def line_of(run: Run) -> str:
    """Return one run in a few words, for whoever watches."""
    if run.failure:
        return f"{run.scenario}: failed: {run.failure}"
    done = [end for _, outcome, _, end in run.requests.rows() if outcome is Outcome.OK]
    waits = sorted(
        end - sent for _, outcome, sent, end in run.requests.rows() if outcome is Outcome.OK
    )
    speed = (
        f"{len(done) / max(done):.2f} images/s, p50 {waits[len(waits) // 2]:.2f} s" if done else ""
    )
    wrong = run.requests.count(Outcome.ERROR) + run.requests.count(Outcome.UNFINISHED)
    first = f" ({next(iter(run.errors))[:90]})" if run.errors else ""
    disturbed = f", others took {run.others_share:.0%} of the machine" if run.others_share else ""
    return f"{run.scenario}: {len(done)} images, {speed}, {wrong} errors{first}{disturbed}"

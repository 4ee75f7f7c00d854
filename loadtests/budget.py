"""How long a comparison will take, and how much shorter its runs must be to fit into the time given.

Starting servers and waiting for what is under way cannot be hurried; only the time of sending can. So
the scale is worked out anew before every turn, from what starting and drawing have cost so far.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from loadtests.arms import REFERENCE, Arm, Camp
from loadtests.measuring import WARM_UP_REQUESTS
from loadtests.plans import Kind, Outcome
from loadtests.records import Run
from loadtests.scenarios import LEAVERS, Scenario

QUICK_S: Final = 810.0  # of 15 minutes; the rest is for a slow last arm and the report
FIRST_GUESS_IMAGE_S: Final = 0.2
STOP_S: Final = 2.0
BETWEEN_RUNS_S: Final = 1.5
SHORTEST_SCALE: Final = 0.35
# How long an image takes there, over the reference: guesses for estimates of time, nothing else.
_PACE: Final = {Camp.STUDY: 1.0, Camp.BATCHED: 0.7, Camp.OURS: 0.6}


@dataclass(frozen=True)
class Turn:
    """One arm in one round, and what it goes through."""

    round: int
    arm: Arm
    scenarios: tuple[Scenario, ...]


@dataclass
class Budget:
    """The time there is (None: as long as it takes) and what things have cost so far."""

    total_s: float | None
    began: float = field(default_factory=time.monotonic)
    image_s: float = FIRST_GUESS_IMAGE_S
    _starts: list[tuple[float, float]] = field(default_factory=list)

    @property
    def left_s(self) -> float:
        """Seconds left."""
        if self.total_s is None:
            return math.inf
        return self.began + self.total_s - time.monotonic()

    def started(self, arm: Arm, seconds: float) -> None:
        """Learn what a start cost."""
        self._starts.append((arm.start_s, seconds))

    def learn(self, run: Run) -> None:
        """Learn from the reference how long an image takes."""
        ends = [
            done
            for kind, outcome, _, done in run.requests.rows()
            if kind is Kind.PREDICT and outcome is Outcome.OK
        ]
        if run.arm == REFERENCE and ends and run.scenario != LEAVERS:
            self.image_s = max(ends) / len(ends)

    def scale(self, turns: Iterable[Turn]) -> float:
        """Return how long the rest may send, as a part of what it would like to; at most 1."""
        if self.total_s is None:
            return 1.0
        turns = list(turns)
        fixed = sum(self._fixed_s(turn) for turn in turns)
        sending = sum(scenario.seconds for turn in turns for scenario in turn.scenarios)
        return min(1.0, max(SHORTEST_SCALE, (self.left_s - fixed) / sending))

    def estimate(self, turns: Sequence[Turn], scale: float) -> float:
        """Return about how many seconds `turns` take."""
        sending = sum(scenario.seconds for turn in turns for scenario in turn.scenarios)
        return sum(self._fixed_s(turn) for turn in turns) + scale * sending

    def allows(self, turn: Turn, scenario: Scenario, scale: float) -> bool:
        """Say whether `scenario` can still be over in time."""
        return self.left_s > scale * scenario.seconds + self._after_s(turn.arm, scenario)

    def _fixed_s(self, turn: Turn) -> float:
        warm_up = WARM_UP_REQUESTS * self.image_s * _PACE[turn.arm.camp]
        after = sum(self._after_s(turn.arm, scenario) for scenario in turn.scenarios)
        return turn.arm.start_s * self._slowness + warm_up + STOP_S + after

    def _after_s(self, arm: Arm, scenario: Scenario) -> float:
        return BETWEEN_RUNS_S + scenario.drain(self.image_s * _PACE[arm.camp])

    @property
    def _slowness(self) -> float:
        expected = sum(guess for guess, _ in self._starts)
        return sum(seconds for _, seconds in self._starts) / expected if expected else 1.0

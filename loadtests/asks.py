"""What a client asks for next, as the body of the study's `POST /predict`. No clock, no HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from loadtests.arrivals import deck
from loadtests.plans import Kind, Plan
from loadtests.prompts import random_prompt, seeded

MAX_SEED: Final = 2**31 - 1
FEW_STEPS: Final = 4
FINAL_STEPS: Final = (20, 30)
GUIDANCE: Final = 7.5
UNGUIDED: Final = 1.0


@dataclass(frozen=True)
class Ask:
    """One request: its body, when it is due (open loop), after how long its client leaves, if it does."""

    kind: Kind
    body: dict[str, object]
    at: float | None = None
    leave_after: float | None = None


class Asks:
    """The requests of a plan, one by one; the same for the same seed but for the prompts' ids."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = seeded(plan.seed)
        self._due = self._times_and_kinds()
        self._count = 0

    def next(self) -> Ask | None:
        """Return the next one; None when the arrivals have run out."""
        due = next(self._due, None)
        if due is None:
            return None
        at, kind = due
        self._count += 1
        return Ask(kind, body_of(kind, self._random), at, self._patience())

    def _times_and_kinds(self) -> Iterator[tuple[float | None, Kind]]:
        if self._plan.arrivals is None:
            yield from ((None, kind) for kind in deck(self._plan.kinds, self._random))
        else:
            yield from ((arrival.at, arrival.kind) for arrival in self._plan.arrivals)

    def _patience(self) -> float | None:
        leaving = self._plan.leaving
        if leaving is None or self._count % leaving.every:
            return None
        return self._random.uniform(leaving.soonest, leaving.latest)


def body_of(kind: Kind, random: Random) -> dict[str, object]:
    """Return a body of that kind with a random prompt and seed."""
    guided = kind is not Kind.SKETCH
    return {
        "prompt": random_prompt(random),
        "num_inference_steps": random.randint(*FINAL_STEPS) if kind is Kind.FINAL else FEW_STEPS,
        "guidance_scale": GUIDANCE if guided else UNGUIDED,
        "seed": random.randint(0, MAX_SEED),
    }
